"""How numbers and times are said: 「1 分 47 秒」, 「12 分钟前」, 「今天 14:00」, 「还剩 5 分钟」."""

import datetime as dt
from decimal import Decimal

from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from anlan.kernel import clock

MINUTE, HOUR, DAY = 60, 3600, 86_400
NBSP = "\u00a0"


def number(value: float | Decimal | None) -> str:
    """Return 12304 as 12,304; an absent number as a dash."""
    if value is None:
        return "—"
    return f"{value:,}" if isinstance(value, int) else f"{value:,.1f}"


def percent(part: float, whole: float) -> str:
    """Return 93.3%; never 100.0% while something is left, nor 0.0% once something came; a dash of nothing."""
    if not whole:
        return "—"
    share = 100 * part / whole
    if 0 < part < whole:
        share = min(max(share, 0.1), 99.9)
    return f"{share:.1f}%" if part % whole else f"{share:.0f}%"


def lasting(seconds: float | dt.timedelta | None) -> str:
    """Return a length of time in at most two units: 47 秒, 1 分 47 秒, 2 小时 5 分, 3 天 4 小时; a dash for None."""
    if seconds is None:
        return "—"
    left = int(seconds.total_seconds() if isinstance(seconds, dt.timedelta) else seconds)
    left = abs(left)
    if left < MINUTE:
        return _("%d 秒") % left
    if left < HOUR:
        return _("%(m)d 分 %(s)02d 秒") % {"m": left // MINUTE, "s": left % MINUTE}
    if left < DAY:
        return _("%(h)d 小时 %(m)d 分") % {"h": left // HOUR, "m": left % HOUR // MINUTE}
    return _("%(d)d 天 %(h)d 小时") % {"d": left // DAY, "h": left % DAY // HOUR}


def roughly(seconds: float) -> str:
    """Return a length of time in one unit, for ago and left: 30 秒, 12 分钟, 3 小时, 2 天."""
    left = abs(int(seconds))
    if left < MINUTE:
        return _("%d 秒") % left
    if left < HOUR:
        return _("%d 分钟") % (left // MINUTE)
    if left < DAY:
        return _("%d 小时") % (left // HOUR)
    return _("%d 天") % (left // DAY)


def exact(at: dt.datetime) -> str:
    """Return 2026-07-18 02:08:20, as China's wall clock shows it."""
    return f"{clock.local(at):%Y-%m-%d %H:%M:%S}"


def moment(at: dt.datetime) -> str:
    """Return a time as people say it: 今天 14:00, 昨天 09:12, 7 月 3 日 08:00, 2024 年 7 月 3 日."""
    there, today = clock.local(at), clock.local(clock.now()).date()
    away = (there.date() - today).days
    near = {-1: _("昨天"), 0: _("今天"), 1: _("明天")}.get(away)
    if near:
        return f"{near} {there:%H:%M}"
    if there.year == today.year:
        return _("%(month)d 月 %(day)d 日 %(time)s") % {
            "month": there.month,
            "day": there.day,
            "time": f"{there:%H:%M}",
        }
    return str(formats.date_format(there, "DATE_FORMAT"))


def ago(at: dt.datetime) -> str:
    """Return 刚刚, 12 分钟前, 3 小时前; from a day on the moment itself."""
    past = (clock.now() - at).total_seconds()
    if past < 0 or past >= DAY:
        return moment(at)
    return _("刚刚") if past < 5 else _("%s前") % roughly(past)


def left(until: dt.datetime) -> tuple[str, str]:
    """Return how urgent a deadline is ("", "soon" within the hour, "late") and how it is said."""
    seconds = (until - clock.now()).total_seconds()
    if seconds < 0:
        return "late", _("超时 %s") % roughly(seconds)
    if seconds < HOUR:
        return "soon", _("还剩 %s") % roughly(seconds)
    return "", pgettext("a deadline", "%s前") % moment(until)
