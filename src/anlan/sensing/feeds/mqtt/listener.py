"""One connection to a broker: messages go into a bounded queue, batches are kept, and only then acknowledged.

The session outlives us (a fixed client id, clean_session false): what is published while nobody listens, and what was
not acknowledged, comes when we are back. The broker has at most WINDOW messages with us unacknowledged (MQTT 5's
receive maximum; of 3.1.1 its own setting), which bounds the queue; QoS 0 is held back by reading no further.
"""

import contextlib
import logging
import queue
import threading
import time
from collections import deque
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

import paho.mqtt.client as mqtt
from django.utils.translation import gettext as _
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from anlan.sensing.feeds import Keep, Message, Report, Source

log = logging.getLogger("anlan.sensing")
BATCH, GATHER = 2000, 0.05  # messages, or seconds, in one commit
WINDOW = 8000  # unacknowledged messages
SESSION = 14 * 86_400  # seconds for which the broker keeps what we missed
KEEPALIVE = 30
FIRST_PAUSE, LONGEST_PAUSE = 1, 60  # seconds between two tries to connect, doubled each time


def connection(source: Source, *, trial: bool = False) -> mqtt.Client:
    """Return a client that will connect. `trial`: under another name, leaving no session. Raises OSError."""
    settings = source.settings
    url = urlsplit(settings["url"])
    five = settings["version"] == "5"
    name = settings["client"] or f"anlan-{source.id.hex[-12:]}"
    client = mqtt.Client(
        CallbackAPIVersion.VERSION2, client_id=f"{name}-test" if trial else name, manual_ack=not trial,
        protocol=MQTTProtocolVersion.MQTTv5 if five else MQTTProtocolVersion.MQTTv311,
        clean_session=None if five else trial,
    )  # fmt: skip
    if settings["username"]:
        client.username_pw_set(settings["username"], settings["password"] or None)
    if url.scheme == "mqtts":
        client.tls_set(ca_certs=settings["ca"] or None)
    client.reconnect_delay_set(FIRST_PAUSE, LONGEST_PAUSE)
    properties = None
    if five:
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.ReceiveMaximum = WINDOW
        properties.SessionExpiryInterval = 0 if trial else SESSION
    port = url.port or (8883 if url.scheme == "mqtts" else 1883)
    how: dict[str, Any] = {"clean_start": trial, "properties": properties} if five else {}
    client.connect_async(url.hostname or "", port, KEEPALIVE, **how)
    return client


def said(error: BaseException) -> str:
    """Return what went wrong, in one line."""
    return f"{type(error).__name__}: {error}"[:200]


class Listener:
    """Whoever listens for one feed. Paho's thread fills the queue, `run` empties it."""

    def __init__(self, source: Source, topics: Sequence[str], keep: Keep, report: Report) -> None:
        self.source, self.topics, self.keep, self.report = source, topics, keep, report
        self.came: queue.Queue[tuple[int, mqtt.MQTTMessage]] = queue.Queue(2 * WINDOW)
        self.round = 0  # of the connection: an id of a message means nothing in another
        self.kept: deque[tuple[int, int]] = deque(maxlen=WINDOW)  # (id, hash) of what was kept, perhaps unheard
        self.ending = threading.Event()
        self.client = connection(source)
        self.client.on_connect, self.client.on_disconnect = self._connected, self._gone
        self.client.on_subscribe, self.client.on_message = self._subscribed, self._message
        self.client.on_connect_fail = lambda *_a: report("failing", _("连不上服务器，过一会儿再试"))

    def run(self, stop: threading.Event) -> None:
        """Take in until `stop` is set, or something that is no matter of one message breaks."""
        self.report("waiting", _("正在连"))
        self.client.loop_start()
        try:
            while not stop.is_set():
                batch = self._gathered(stop)
                if batch:
                    self._keep(batch)
        finally:
            self.ending.set()
            self.client.disconnect()
            self.client.loop_stop()

    def _gathered(self, stop: threading.Event) -> list[tuple[int, mqtt.MQTTMessage]]:
        """Wait for a message, then for more, up to BATCH or GATHER seconds."""
        try:
            batch = [self.came.get(timeout=0.2)]
        except queue.Empty:
            return []
        until = time.monotonic() + GATHER
        while len(batch) < BATCH and not stop.is_set():
            left = until - time.monotonic()
            try:
                batch.append(self.came.get(timeout=left) if left > 0 else self.came.get_nowait())
            except queue.Empty:
                break
        return batch

    def _keep(self, batch: list[tuple[int, mqtt.MQTTMessage]]) -> None:
        unheard = set(self.kept)
        fresh = [m for _r, m in batch if not (m.dup and (m.mid, _sign(m)) in unheard)]
        self.keep([Message(_topic(m), bytes(m.payload)) for m in fresh])
        for number, message in batch:
            if message.qos:
                self.kept.append((message.mid, _sign(message)))
                if number == self.round:
                    self.client.ack(message.mid, message.qos)

    def _connected(self, client: mqtt.Client, _data: Any, _flags: Any, code: Any, _properties: Any) -> None:
        self.round += 1
        if code.is_failure:
            self.report("failing", _("服务器不让进：{why}").format(why=code))
            return
        client.subscribe([(topic, int(self.source.settings["qos"])) for topic in self.topics])

    def _subscribed(self, _client: Any, _data: Any, _mid: int, codes: Any, _properties: Any) -> None:
        bad = [t for t, code in zip(self.topics, codes, strict=False) if code.is_failure]
        if bad:
            self.report("failing", _("登录成功，但主题不让订：{topics}").format(topics=" ".join(bad)))
        else:
            self.report("ok", _("在收"))

    def _gone(self, _client: Any, _data: Any, _flags: Any, code: Any, _properties: Any) -> None:
        self.round += 1
        if not self.ending.is_set():
            self.report("failing", _("断了，正在重新连：{why}").format(why=code))

    def _message(self, _client: Any, _data: Any, message: mqtt.MQTTMessage) -> None:
        """Wait where the queue is full: then nothing more is read, and the broker holds back."""
        number = self.round
        while not self.ending.is_set():
            with contextlib.suppress(queue.Full):
                self.came.put((number, message), timeout=0.5)
                return


def _topic(message: mqtt.MQTTMessage) -> str:
    try:
        return str(message.topic)
    except UnicodeDecodeError:
        return ""


def _sign(message: mqtt.MQTTMessage) -> int:
    return hash((_topic(message), message.payload))
