"""What stands around every page: menu, counts, warnings in force, alarms, drill; and what the search box finds."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import SimpleLazyObject
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from anlan.alerts import queries as alerts
from anlan.callout.queries import inbox
from anlan.callout.queries import search as calls
from anlan.hazards import queries as hazards
from anlan.kernel import authority
from anlan.kernel.authority import Actor
from anlan.people import queries as people
from anlan.places import queries as places
from anlan.web import watch

WARNINGS_SHOWN = 2
FOUND = 8


def address(*names: str) -> str | None:
    """Return the address of the first of these views that exists."""
    for name in names:
        try:
            return reverse(name)
        except NoReverseMatch:
            continue
    return None


@dataclass(frozen=True)
class Item:
    """A line of the menu: shown where its address exists and the actor holds one of `cans` (none: everybody)."""

    name: Any
    icon: str
    views: tuple[str, ...]
    under: tuple[str, ...] = ()
    cans: tuple[str, ...] = ()
    note: Any = ""

    @cached_property
    def url(self) -> str | None:
        return address(*self.views)

    def open_to(self, actor: Actor) -> bool:
        """Say whether this actor gets to see the line. The page itself asks again."""
        return bool(self.url) and (not self.cans or authority.anywhere(actor, self.cans))


MENU = (
    Item(_("我的待办"), "inbox", ("callout:inbox",), ("/inbox",)),
    Item(_("预警"), "rain", ("alerts:list", "alerts:index", "alerts:alerts"), ("/alerts", "/notices"), ("alerts.see",)),
    Item(_("叫应"), "horn", ("callout:list", "callout:index", "callout:calls"), ("/calls",), ("callout.see",)),
    Item(_("情况报告"), "chat", ("incidents:index",), ("/incidents",), ("incidents.see",)),
    Item(_("一张网"), "boxes", ("sensing:net",), ("/sensing/net", "/sensing/streams"), ("sensing.see",)),
    Item(_("设备报警"), "bolt", ("sensing:alarms",), ("/sensing/alarms",), ("sensing.see",)),
    Item(_("报警规则"), "steps", ("sensing:rules",), ("/sensing/rules",), ("sensing.see",)),
    Item(
        _("感知设备"),
        "plug",
        ("sensing:things",),
        ("/sensing/things", "/sensing/unclaimed", "/sensing/rejected", "/sensing/purposes", "/sensing/health"),
        ("sensing.see", "sensing.manage"),
    ),
    Item(_("数据来源"), "download", ("sensing:feeds",), ("/sensing/feeds",), ("sensing.feeds",)),
    Item(_("隐患"), "hazard", ("hazards:index",), ("/hazards", "/referrals"), ("hazards.see",)),
    Item(
        _("检查"), "list-check", ("hazards:calendar",), ("/inspections", "/risks"), ("hazards.see", "hazards.inspect")
    ),
    Item(
        _("常见隐患"),
        "eye",
        ("hazards:kinds",),
        ("/hazards/kinds", "/hazards/checklists", "/hazards/sheets"),
        ("hazards.report", "hazards.see", "hazards.inspect", "hazards.library"),
    ),
    Item(_("居民随手拍"), "camera", ("hazards:tips-desk",), ("/tips",), ("hazards.tips",)),
    Item(
        _("公开的隐患"),
        "flag",
        ("hazards:publishing",),
        ("/hazards/publishing", "/hazards/agenda"),
        ("hazards.publish",),
    ),
    Item(_("统计"), "chart", ("analytics:statistics",), ("/statistics",), ("analytics.see",)),
    Item(_("地方"), "map", ("places:index",), ("/places",), ("places.read",)),
    Item(
        _("人和岗"),
        "people",
        ("people:list", "people:index", "people:persons"),
        ("/people", "/posts", "/rosters"),
        ("people.read",),
    ),
    Item(
        _("双报到"),
        "flag",
        ("people:checkins",),
        ("/checkins",),
        ("people.checkins", "people.checkin-counts", "people.employer"),
    ),
    Item(_("责任清单"), "list-check", ("people:duties",), ("/duties",)),
    Item(_("值班"), "clock", ("people:duty",), ("/duty",)),
    Item(_("台账"), "book", ("ledger:list", "ledger:index", "ledger:trail"), ("/ledger", "/trail"), ("ledger.read",)),
    Item(_("设置"), "gear", ("settings",), ("/settings", "/accounts")),
)

SETTINGS: tuple[tuple[Any, tuple[Item, ...]], ...] = (
    (
        _("我的账号"),
        (
            Item(_("改密码"), "", ("account_change_password",), note=_("至少 10 位。改完，别的设备要重新登录。")),
            Item(
                _("两步验证和通行密钥"),
                "",
                ("mfa_index",),
                note=_("登录时再认一次手机、指纹或者安全钥匙，别人拿到密码也进不来。"),
            ),
            Item(_("消息提醒"), "", ("callout:devices",), note=_("叫应的时候，让手机或电脑的浏览器响一声。")),
            Item(_("登录过的设备"), "", ("usersessions_list",), note=_("看看账号在哪些设备上开着，不认得的当场退掉。")),
            Item(
                _("我的履职材料"),
                "",
                ("hazards:conduct-me",),
                note=_("什么时候知道、做了什么、遇到什么难处，都从台账来；谁看过也写着。"),
            ),
        ),
    ),
    (
        _("叫应"),
        (
            Item(
                _("叫应规则"),
                "",
                ("callout:policies",),
                cans=("callout.policy",),
                note=_("几分钟要应、叫几遍、往上叫到谁。改了只管以后的叫应。"),
            ),
            Item(
                _("岗位话术"),
                "",
                ("callout:templates",),
                cans=("callout.policy",),
                note=_("同一条指令，网格员、值班员各看到自己要做的那一句。"),
            ),
            Item(
                _("叫应通道"),
                "",
                ("callout:carriers",),
                cans=("callout.carriers",),
                note=_("短信、语音、邮件、打印名单：通不通，先试一条。"),
            ),
            Item(
                _("群机器人"),
                "",
                ("callout:robots",),
                cans=("callout.robots",),
                note=_("叫到哪里，就在哪里的群里说一声，还有几人没应。"),
            ),
            Item(
                _("核号码和备案"),
                "",
                ("callout:asking",),
                cans=("callout.policy",),
                note=_("什么时候问、一天问多少、每年几号前备案。"),
            ),
        ),
    ),
    (
        _("预警"),
        (
            Item(
                _("预警来源"),
                "",
                ("alerts:sources",),
                cans=("alerts.settings",),
                note=_("从哪里收预警，多久收一次，上次收到是几点。"),
            ),
            Item(
                _("预警规则"),
                "",
                ("alerts:rules",),
                cans=("alerts.settings",),
                note=_("哪一级自动拟好叫应，哪一级没人管就自己发。"),
            ),
        ),
    ),
    (
        _("隐患"),
        (
            Item(
                _("履职材料和失职线索"),
                "",
                ("hazards:leads",),
                cans=("hazards.conduct",),
                note=_("找一个人的履职材料；线索由人提、先听本人说、由另一个人复核和下结论。"),
            ),
        ),
    ),
    (
        _("手机端"),
        (
            Item(
                _("手机上的表"),
                "",
                ("fieldwork:forms",),
                cans=("fieldwork.forms",),
                note=_("用 Excel 写好的表导进来，发布到网格员的手机上，收到的都在这里。"),
            ),
            Item(
                _("没收进来的手机记录"),
                "",
                ("fieldwork:queue",),
                cans=("fieldwork.queue",),
                note=_("手机送来、系统收不进来的，两边怎么说都看得到，一条不丢。"),
            ),
            Item(_("我送的记录"), "", ("fieldwork:mine",), note=_("自己手机上记的，到了没有，收进来没有。")),
        ),
    ),
    (
        _("人和岗"),
        (
            Item(_("账号"), "", ("people:accounts",), cans=("people.accounts",), note=_("开账号、停账号、重设密码。")),
            Item(_("岗位和权限"), "", ("people:roles",), cans=("people.roles",), note=_("哪种岗位能做什么。")),
            Item(
                _("工作日历"),
                "",
                ("people:calendar",),
                cans=("people.roles",),
                note=_("哪天上班、哪天放假。国务院公布了明年的安排，传上来就重算期限。"),
            ),
        ),
    ),
)


def context(request: HttpRequest) -> dict[str, Any]:
    """Add what the shell's templates need. Nothing is asked of the database unless a template shows it."""
    actor: Actor | None = getattr(request, "actor", None)
    theme = request.COOKIES.get("theme", "")
    common = {
        "city_name": settings.CITY_NAME,
        "demo": settings.DEMO,
        "theme": theme if theme in {"light", "dark"} else "",
        "actor": actor,
        "city_sign_in": settings.OIDC_NAME if settings.OIDC_URL else "",
    }
    if actor is None:
        return common
    return (
        common
        | {
            "menu": SimpleLazyObject(lambda: menu(actor, request.path)),
            "scope": SimpleLazyObject(lambda: scope(actor)),
            "inbox_count": cache(lambda: inbox.owed_count(actor)),  # a lazy number cannot be formatted
            "warnings": SimpleLazyObject(lambda: alerts.in_force(actor)[:WARNINGS_SHOWN]),
            "alarms": SimpleLazyObject(watch.alarms),
        }
    )


def menu(actor: Actor, path: str) -> list[dict[str, Any]]:
    """Return the lines of the menu this actor may open: name, icon, url, here."""
    nearest = max((u for i in MENU for u in i.under if path.startswith(u)), key=len, default="")
    return [
        {"name": i.name, "icon": i.icon, "url": i.url, "here": bool(nearest) and nearest in i.under}
        for i in MENU
        if i.open_to(actor)
    ]


def scope(actor: Actor) -> list[dict[str, str]]:
    """Return the way from the root to where the actor's highest post stands: name, url."""
    top = min((seat.path for seat in actor.seats), key=len, default="")
    reads = authority.scopes(actor, "places.read")
    return [
        {"name": name, "url": f"/places/{path}" if any(path.startswith(r) for r in reads) else ""}
        for path, name in (places.breadcrumb(top) if top else ())
    ]


def settings_for(actor: Actor) -> list[dict[str, Any]]:
    """Return the settings pages this actor may open, by section: name, items."""
    sections = [(name, [item for item in items if item.open_to(actor)]) for name, items in SETTINGS]
    return [{"name": name, "items": items} for name, items in sections if items]


# --- search


def find(text: str, actor: Actor) -> list[dict[str, Any]]:
    """Return groups of what the search box finds: name, items (url, title, note), more (address of the full list)."""
    groups = [
        {
            "name": _("人"),
            "items": _people(text, actor),
            "more": _more(text, "people:list", "people:index", "people:persons"),
        },
        {"name": _("地方"), "items": _places(text, actor), "more": _more(text, "places:index")},
        {"name": _("叫应"), "items": _calls(text, actor), "more": None},
        {"name": _("隐患"), "items": _hazards(text, actor), "more": _more(text, "hazards:index")},
    ]
    return [group for group in groups if group["items"]]


def _more(text: str, *views: str) -> str | None:
    url = address(*views)
    return f"{url}?{urlencode({'q': text})}" if url else None


def _people(text: str, actor: Actor) -> list[dict[str, str]]:
    if not authority.anywhere(actor, ["people.read"]):
        return []
    found = people.list_persons(people.PersonFilter(text=text), by=actor)[:FOUND]
    return [{"url": f"/people/{p.id}", "title": p.name, "note": _posts(getattr(p, "seats_now", ()))} for p in found]


def _posts(holdings: Sequence[Any]) -> str:
    return "，".join(h.post.title for h in holdings[:3])


def _places(text: str, actor: Actor) -> list[dict[str, str]]:
    found = places.search(text, actor, FOUND)
    above = places.names({p.path[:-4] for p in found})
    return [{"url": f"/places/{p.path}", "title": p.name, "note": above.get(p.path[:-4], "")} for p in found]


def _calls(text: str, actor: Actor) -> list[dict[str, str]]:
    return [
        {"url": reverse("callout:board", args=[call.id]), "title": call.title, "note": note}
        for call, note in calls.search(text, by=actor, limit=FOUND)
    ]


def _hazards(text: str, actor: Actor) -> list[dict[str, str]]:
    found = hazards.search(text, by=actor, limit=FOUND)
    where = hazards.where_of({h.place_path for h in found})
    return [{"url": f"/hazards/{h.id}", "title": f"{h.number} {h}", "note": where.get(h.place_path, "")} for h in found]
