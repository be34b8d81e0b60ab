"""Judges the vitals from outside the worker, tells every page by a file, and people by a carrier of its own."""

import json
import logging
import os
import shlex
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import httpx
from django.conf import settings
from django.core.mail import send_mail
from django.db import Error, connection
from django.utils.translation import gettext as _

from anlan.web import vitals
from anlan.web.vitals import Vitals

log = logging.getLogger("anlan.watch")

INTERVAL = 10.0
STALE = 60.0  # a report older than this says that the watchdog itself has stopped
AGAIN = 3600.0  # an alarm that lasts is told again after this long
LATE = 60.0
HEARTBEAT = 30.0
HORIZON = 60.0
SEALING = 60.0
SKEW = 2.0
GRACE = 25.0  # after its own start: whatever starts beside it may still be on the way
SLOW = frozenset({"worker", "sealing", "jobs", "ladder", "readings"})


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something is wrong: a stable `code`, and what a duty officer reads."""

    code: str
    text: str


def judge(seen: Vitals) -> list[Alarm]:
    """Return what is wrong, worst first."""
    found = []
    if seen.heartbeat_age is None or seen.heartbeat_age > HEARTBEAT:
        since = _("从没有来过") if seen.heartbeat_age is None else _("%d 秒没有动静") % seen.heartbeat_age
        found.append(Alarm("worker", _("后台任务停了（%s）：叫应不会往下走。请重启 anlan worker。") % since))
    if seen.ladder_late > LATE:
        found.append(
            Alarm("ladder", _("叫应阶梯卡住了：%(n)d 件到期没有升级，最久晚了 %(s)d 秒。请改用电话。")
                  % {"n": seen.overdue, "s": seen.ladder_late})
        )  # fmt: skip
    if seen.readings_late > LATE:
        found.append(
            Alarm("readings", _("设备读数没人算：%(n)d 条在等，最久等了 %(s)d 秒，设备报警会晚。请重启 anlan worker。")
                  % {"n": seen.readings, "s": seen.readings_late})
        )  # fmt: skip
    if seen.oldest_job_age > LATE:
        found.append(
            Alarm("jobs", _("有 %(n)d 个作业在排队，最早的等了 %(s)d 秒。")
                  % {"n": seen.jobs.get("todo", 0), "s": seen.oldest_job_age})
        )  # fmt: skip
    found += [
        Alarm(f"follower:{name}", _("台账跟随「%(name)s」连续失败 %(n)d 次，请看日志。") % {"name": name, "n": n})
        for name, n in sorted(seen.failing.items())
    ]
    if seen.stuck:
        found.append(Alarm("stuck", _("有 %d 条记录没能处理，已搁置，等人处理。") % seen.stuck))
    if seen.horizon and seen.horizon.age > HORIZON:
        found.append(
            Alarm("horizon", _("进程 %(pid)d（%(who)s）的事务开了 %(s)d 秒，台账跟随都在等它：%(query)s")
                  % {"pid": seen.horizon.pid, "who": seen.horizon.who.strip(), "s": seen.horizon.age,
                     "query": seen.horizon.query})
        )  # fmt: skip
    if seen.sealing_lag > SEALING:
        found.append(Alarm("sealing", _("台账有 %d 秒没有封存。") % seen.sealing_lag))
    if abs(seen.skew) > SKEW:
        found.append(Alarm("clock", _("本机时钟和数据库差 %.1f 秒，请校时。") % seen.skew))
    if seen.disk_free_mb < settings.DISK_FREE_MB:
        found.append(Alarm("disk", _("磁盘只剩 %d MB。写满以后什么都记不下来。") % seen.disk_free_mb))
    return found


def look() -> list[Alarm]:
    """Measure and judge; a database that does not answer is the first thing to tell."""
    try:
        return judge(vitals.measure())
    except Error as error:
        connection.close()
        return [Alarm("database", _("数据库没有应答：%s") % str(error).strip().partition("\n")[0])]


# --- the pages read it


def report() -> Path:
    return Path(settings.HOME) / "watch.json"


def publish(alarms: Sequence[Alarm]) -> None:
    """Replace the file that the pages of this machine read, at once and whole."""
    fresh = report().with_name(f"watch.{os.getpid()}.tmp")
    fresh.write_text(json.dumps({"at": time.time(), "alarms": [asdict(a) for a in alarms]}), encoding="utf-8")
    fresh.replace(report())


_read: tuple[float, dict[str, Any]] = (0.0, {})


def alarms() -> list[str]:
    """Return what stands on every page; read from the file once a second at most, and never from the database."""
    global _read  # noqa: PLW0603 - a cache of one file
    now = time.time()
    if now - _read[0] > 1:
        try:
            _read = (now, json.loads(report().read_text(encoding="utf-8")))
        except (OSError, ValueError):
            _read = (now, {})
    said = _read[1]
    if not said:
        return []  # no watchdog on this machine (a test, a development server); `anlan check` says so
    if now - float(said["at"]) > STALE:
        return [_("看门狗停了：%d 秒没有检查。请重启 anlan watch。") % (now - float(said["at"]))]
    return [a["text"] for a in said["alarms"]]


# --- people are told


def tell(subject: str, text: str) -> None:
    """Send by every way that is configured; one that fails is logged and does not stop the others."""
    for way in (by_url, by_mail, by_command):
        try:
            way(subject, text)
        except Exception:
            log.exception("the watchdog could not tell anybody", extra={"way": way.__name__})


def by_url(subject: str, text: str) -> None:
    """POST JSON: {"title", "text", "source"}; a group chat's robot or any gateway can be put behind it."""
    if settings.WATCHDOG_URL:
        body = {"title": subject, "text": text, "source": settings.PUBLIC_URL}
        httpx.post(settings.WATCHDOG_URL, json=body, timeout=10).raise_for_status()


def by_mail(subject: str, text: str) -> None:
    if settings.WATCHDOG_MAIL and settings.EMAIL_HOST:
        send_mail(subject, text, None, settings.WATCHDOG_MAIL)


def by_command(subject: str, text: str) -> None:
    """Run a command of the operator's with the text on its standard input."""
    if settings.WATCHDOG_COMMAND:
        command = [*shlex.split(settings.WATCHDOG_COMMAND), subject]
        subprocess.run(command, input=text, text=True, check=True, timeout=30)  # noqa: S603


@dataclass(slots=True)
class Watchdog:
    """Remembers what was told, so that an alarm is told once, told again each hour, and its end is told too."""

    told: dict[str, float] = field(default_factory=dict)
    seen: Callable[[], list[Alarm]] = look
    began: float = field(default_factory=time.monotonic)

    def once(self) -> list[Alarm]:
        """Look, publish, tell what is new and what is over."""
        now = time.monotonic()
        found = [a for a in self.seen() if a.code not in SLOW or now - self.began > GRACE]
        publish(found)
        fresh = [a for a in found if now - self.told.get(a.code, -AGAIN) >= AGAIN]
        over = [code for code in self.told if code not in {a.code for a in found}]
        for alarm in fresh:
            log.error(alarm.text, extra={"alarm": alarm.code})
        for code in over:
            log.info("over", extra={"alarm": code})
            del self.told[code]
        self.told |= {a.code: now for a in fresh}
        if fresh:
            tell(_("安澜：%s") % fresh[0].text.partition("：")[0], "\n".join(a.text for a in found))
        elif over and not found:
            tell(_("安澜：恢复正常"), _("之前报的问题都没有了。"))
        return found

    def run(self, stop: threading.Event, interval: float = INTERVAL) -> None:
        while not stop.is_set():
            self.once()
            stop.wait(interval)
