"""A real Mosquitto on a loopback port, which keeps what it was given even when it is killed."""

import getpass
import shutil
import signal
import socket
import subprocess
import time

import pytest

MOSQUITTO = shutil.which("mosquitto", path="/usr/sbin:/usr/bin:/usr/local/sbin:/opt/homebrew/sbin")
PUBLISH = shutil.which("mosquitto_pub")


class Broker:
    """Start, kill, start again: the same port, the same folder."""

    def __init__(self, folder):
        if MOSQUITTO is None or PUBLISH is None:
            pytest.skip("no mosquitto and mosquitto_pub on this machine: install them (apt install mosquitto "
                        "mosquitto-clients)")  # fmt: skip
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.config = folder / "mosquitto.conf"
        self.config.write_text(
            f"listener {self.port} 127.0.0.1\nallow_anonymous true\nuser {getpass.getuser()}\n"
            f"persistence true\npersistence_location {folder}/\nautosave_on_changes true\nautosave_interval 1\n"
            "max_inflight_messages 0\nmax_queued_messages 0\nlog_type none\n"
        )
        self.process = None

    @property
    def url(self):
        return f"mqtt://127.0.0.1:{self.port}"

    def start(self):
        self.process = subprocess.Popen(
            [MOSQUITTO, "-c", str(self.config)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        until = time.monotonic() + 10
        while time.monotonic() < until:
            with socket.socket() as there:
                if there.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.02)
        raise TimeoutError("mosquitto did not start")

    def kill(self):
        if self.process is not None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
            self.process = None

    def publish(self, topic, payloads):
        """Publish with QoS 1, one message a line; returns once the broker has them all."""
        subprocess.run(
            [PUBLISH, "-h", "127.0.0.1", "-p", str(self.port), "-t", topic, "-q", "1", "-l"],
            input=b"".join(p + b"\n" for p in payloads), check=True, timeout=30,
        )  # fmt: skip


def wait_for(what, seconds=20):
    """Wait until something holds."""
    until = time.monotonic() + seconds
    while not what():
        if time.monotonic() > until:
            raise TimeoutError(what)
        time.sleep(0.03)
