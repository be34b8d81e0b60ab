"""A form's field for a place: words are typed, what fits is offered to be picked (places/_place_field.html)."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

from anlan.kernel import authority
from anlan.kernel.authority import Actor, Invalid
from anlan.places import queries as places

PICKS = 12


def place_of(request: HttpRequest, by: Actor, can: str) -> str:
    """Return the place a form means: what was picked, the only one that its words find, or the only one in scope."""
    picked, words = request.POST.get("place", "")[:40], request.POST.get("place_words", "").strip()
    names = places.names([picked]) if picked else {}
    if picked and (not words or names.get(picked) == words):
        return picked
    found = [p for p in places.search(words, by, PICKS) if authority.holds(by, can, at=p.path)] if words else []
    if len(found) == 1 or (found and found[0].name == words and [p.name for p in found].count(words) == 1):
        return str(found[0].path)
    if not words:
        raise Invalid({"place": _("写一下在哪里：社区、网格的名字")})
    if not found:
        raise Invalid({"place": _("你管的地方里没找到「{words}」，换个写法").format(words=words[:20])})
    raise Invalid({"place": _("「{words}」有 {count} 处，从下面点一处").format(words=words[:20], count=len(found))})


def picking(said: Mapping[str, Any], by: Actor, can: str, place: str) -> dict[str, Any]:
    """Return what the field needs: `place` (path), `place_words`, `picks` (path, name with its parent)."""
    words = said.get("place_words", "")
    found = [p for p in places.search(words, by, PICKS) if authority.holds(by, can, at=p.path)] if words else []
    names = places.names({place, *(p.path[:-4] for p in found)} - {""})
    picks = [(p.path, " ".join(filter(None, (names.get(p.path[:-4], ""), p.name)))) for p in found]
    return {"place": place, "place_words": words or names.get(place, ""), "picks": picks}
