"""What stands around every page: menu, counts, the warnings in force, the drill banner; and what the search box finds."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext_lazy as _

from anlan.kernel import authority
from anlan.kernel.authority import Actor
from anlan.web.surface import queries

WARNINGS_SHOWN = 2
FOUND = 8


@dataclass(frozen=True, slots=True)
class Item:
    """A line of the menu: shown where its address exists and the actor holds one of `cans` (none: everybody)."""

    name: Any
    icon: str
    urls: tuple[str, ...]
    under: tuple[str, ...] = ()
    cans: tuple[str, ...] = ()

    @property
    def url(self) -> str | None:
        for name in self.urls:
            try:
                return reverse(name)
            except NoReverseMatch:
                continue
        return None


@dataclass(frozen=True, slots=True)
class Page:
    """A settings page: shown where its address exists and the actor holds one of `cans` anywhere (none: everybody)."""

    name: Any
    note: Any
    view: str
    cans: tuple[str, ...] = ()

    @property
    def url(self) -> str | None:
        return Item(self.name, "", (self.view,)).url

    def open_to(self, actor: Actor) -> bool:
        return bool(self.url) and (not self.cans or authority.anywhere(actor, self.cans))


MENU = (
    Item(_("我的待办"), "inbox", ("callout:inbox", "inbox"), ("/inbox",)),
    Item(_("预警"), "rain", ("alerts:list", "alerts:alerts"), ("/alerts", "/notices", "/drafts")),
    Item(_("叫应"), "horn", ("callout:calls", "callout:list"), ("/calls",)),
    Item(_("地方"), "map", ("places:list", "places:places", "places:index"), ("/places",)),
    Item(_("人和岗"), "people", ("people:list", "people:persons", "people:index"), ("/people", "/posts", "/rosters")),
    Item(_("台账"), "book", ("ledger:list", "ledger:trail", "ledger:index"), ("/ledger", "/trail")),
    Item(_("设置"), "wheel", ("settings",), ("/settings",)),
)


def menu(actor: Actor, path: str) -> list[dict[str, Any]]:
    """Return the lines of the menu this actor may open: name, icon, url, here."""
    return [
        {"name": i.name, "icon": i.icon, "url": i.url, "here": any(path.startswith(u) for u in i.under)}
        for i in MENU
        if i.url and (not i.cans or authority.anywhere(actor, i.cans))
    ]


def _ask(context: str, name: str, *args: Any, default: Any, **kwargs: Any) -> Any:
    ask: Callable[..., Any] | None = getattr(queries(context), name, None)
    return ask(*args, **kwargs) if ask else default


def context(request: HttpRequest) -> dict[str, Any]:
    """Add what the shell templates need. Counts are asked for only if a template shows them."""
    actor: Actor | None = getattr(request, "actor", None)
    common = {
        "city_name": settings.CITY_NAME,
        "demo": settings.DEMO,
        "theme": theme if (theme := request.COOKIES.get("theme", "")) in ("light", "dark") else "",
        "actor": actor,
    }
    if actor is None:
        return common
    return common | {
        "scope": SimpleLazyObject(lambda: scope(actor)),
        "menu": SimpleLazyObject(lambda: menu(actor, request.path)),
        "inbox_count": SimpleLazyObject(lambda: _ask("callout", "owed_count", actor, default=0)),
        "warnings": SimpleLazyObject(lambda: list(_ask("alerts", "in_force", actor, default=()))[:WARNINGS_SHOWN]),
        "drill": SimpleLazyObject(lambda: _ask("ledger", "exercise", actor.exercise, default=None)),
    }


def scope(actor: Actor) -> list[dict[str, str]]:
    """Return the way from the root to where the actor's highest post stands: name, url."""
    top = min((seat.path for seat in actor.seats), key=len, default="")
    return [{"name": name, "url": ""} for _path, name in _ask("places", "breadcrumb", top, default=())]


def find(text: str, actor: Actor) -> list[dict[str, Any]]:
    """Return groups of what the search box finds: name, items of (url, title, note)."""
    return []


def settings_for(actor: Actor) -> list[dict[str, Any]]:
    """Return the settings pages this actor may open, by section: name, items of (url, name, note)."""
    sections = (
        (
            _("我的账号"),
            (
                Page(_("改密码"), _("至少 10 位。改完，别的设备要重新登录。"), "account_change_password"),
                Page(_("两步验证"), _("登录时再输一个手机上的六位数，别人拿到密码也进不来。"), "mfa_index"),
                Page(_("登录过的设备"), _("看看账号在哪些设备上开着，不认得的当场退掉。"), "usersessions_list"),
            ),
        ),
    )
    return [
        {"name": name, "items": items}
        for name, pages in sections
        if (items := [{"url": p.url, "name": p.name, "note": p.note} for p in pages if p.open_to(actor)])
    ]
