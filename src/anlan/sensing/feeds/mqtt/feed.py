"""MQTT: the settings of a broker, and a test that logs in and asks for the topics (README.md)."""

import re
import ssl
import threading
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from anlan.callout.carriers import tuning
from anlan.callout.carriers.tuning import Setting
from anlan.sensing.feeds import Health, Keep, Report, Source
from anlan.sensing.feeds.mqtt.listener import Listener, connection, said

PATIENCE = 8.0  # seconds that a test waits for the broker


class Feed:
    """Subscribes, keeps, and only then acknowledges."""

    name = "mqtt"
    label = gettext_lazy("MQTT")
    about = gettext_lazy("订阅网关发消息的服务器；断线自己接上，没存下的不确认")
    mapped = True
    token = False
    fields: Sequence[Setting] = (
        Setting("url", gettext_lazy("服务器地址"), "mqtts://broker.example.gov.cn:8883", required=True),
        Setting("topics", gettext_lazy("主题"), gettext_lazy("几个用空格隔开，例：city/+/up sensors/#"), required=True),
        Setting("username", gettext_lazy("用户名")),
        Setting("password", gettext_lazy("密码"), kind="secret"),
        Setting(
            "qos", gettext_lazy("服务质量"), gettext_lazy("1：没存下的会再送一次"), kind="choice", default="1",
            choices=(("1", "QoS 1"), ("0", "QoS 0")),
        ),
        Setting(
            "version", gettext_lazy("协议版本"), kind="choice", default="5", choices=(("5", "5.0"), ("4", "3.1.1"))
        ),
        Setting(
            "client", gettext_lazy("客户端编号"), gettext_lazy("空着就用自己的；换了，服务器上留着的就收不到了"),
            pattern=r"[\w.:-]{1,64}",
        ),
        Setting("share", gettext_lazy("共享订阅组"), gettext_lazy("跟别的系统分着收才填"), pattern=r"[\w.-]{1,40}"),
        Setting(
            "ca", gettext_lazy("CA 证书文件"), gettext_lazy("自己签的证书才填：服务器上的路径"),
            pattern=r"/[^\0]{1,200}"
        ),
    )  # fmt: skip

    def check(self, settings: Mapping[str, Any]) -> dict[str, str]:
        """Return what is wrong with an address or a topic."""
        errors = {}
        url = str(settings.get("url") or "")
        try:
            tuning.safe_url(re.sub("^mqtt", "http", url) if url.startswith("mqtt") else "")
        except ValueError:
            errors["url"] = _("要写 mqtts:// 开头的地址，不带账号；mqtt:// 只能用在内网")
        bad = [t for t in topics(settings) if not _topic(t)]
        if bad or not topics(settings):
            errors["topics"] = _("主题写法不对：{topic}").format(topic=" ".join(bad) or "—")
        return errors

    def test(self, source: Source) -> Health:
        """Log in under a name of its own, so that the feed itself is not thrown out, and ask for the topics."""
        done = threading.Event()
        found: list[Health] = []

        def settle(*, ok: bool, words: str) -> None:
            found.append(Health(ok, words))
            done.set()

        try:
            client = connection(source, trial=True)
        except (OSError, ValueError, ssl.SSLError) as error:
            return Health(ok=False, words=said(error))

        def on_connect(_client: Any, _data: Any, _flags: Any, code: Any, _properties: Any) -> None:
            if code.is_failure:
                settle(ok=False, words=_("服务器不让进：{why}").format(why=code))
            else:
                client.subscribe([(t, int(source.settings["qos"])) for t in topics(source.settings)])

        def on_subscribe(_client: Any, _data: Any, _mid: int, codes: Any, _properties: Any) -> None:
            bad = [t for t, code in zip(topics(source.settings), codes, strict=False) if code.is_failure]
            if bad:
                settle(ok=False, words=_("登录成功，但主题不让订：{topics}").format(topics=" ".join(bad)))
            else:
                settle(ok=True, words=_("通了，主题也订上了"))

        client.on_connect, client.on_subscribe = on_connect, on_subscribe
        client.on_connect_fail = lambda *_a: settle(ok=False, words=_("连不上服务器"))
        client.loop_start()
        done.wait(PATIENCE)
        client.disconnect()
        client.loop_stop()
        return found[0] if found else Health(ok=False, words=_("服务器没有回答"))

    def run(self, source: Source, keep: Keep, report: Report, stop: threading.Event) -> None:
        """Take in until `stop` is set."""
        Listener(source, topics(source.settings), keep, report).run(stop)


def topics(settings: Mapping[str, Any]) -> list[str]:
    """Return the topics, as they are to be subscribed to."""
    group = settings.get("share")
    names = re.split(r"[\s,，]+", str(settings.get("topics") or "").strip())
    return [f"$share/{group}/{name}" if group else name for name in names if name]


def _topic(said: str) -> bool:
    levels = said.split("/")
    return (
        0 < len(said.encode()) < 65_000
        and all(level in {"+", "#"} or not set(level) & set("+#\0") for level in levels)
        and "#" not in levels[:-1]
    )
