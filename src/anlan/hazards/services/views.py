"""A person's own saved views. They are bookmarks, no deeds: they leave no entry."""

from urllib.parse import parse_qsl, urlencode
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from anlan.hazards.models import SavedView
from anlan.hazards.terms import Can
from anlan.kernel import authority
from anlan.kernel.authority import Actor, Hidden, Invalid, Refused

MOST, NAME, QUERY = 20, 20, 600
LEFT_OUT = {"page", "view", "csrfmiddlewaretoken", "picked", "name"}


@transaction.atomic
def save_view(name: str, query: str, *, by: Actor) -> SavedView:
    """Keep the filters of an address under a name; the same name again is changed. Raises Refused, Invalid."""
    if by.person is None or not authority.anywhere(by, [Can.SEE]):
        raise Refused(Can.SEE, "")
    words = " ".join(name.split())
    if not words or len(words) > NAME:
        raise Invalid({"name": _("起个名字，最多 {most} 个字").format(most=NAME)})
    kept = urlencode([(k, v) for k, v in parse_qsl(query) if k not in LEFT_OUT])
    if not kept:
        raise Invalid({"name": _("先筛选，再把这样筛的存起来")})
    if len(kept) > QUERY:
        raise Invalid({"name": _("筛选太长，存不下，去掉几个条件")})
    mine = SavedView.objects.filter(person_id=by.person)
    if mine.exclude(name=words).count() >= MOST:
        raise Invalid({"name": _("最多存 {most} 个，先删掉不用的").format(most=MOST)})
    made, _fresh = SavedView.objects.update_or_create(
        person_id=by.person, name=words, defaults={"query": kept, "pinned": True}
    )
    return made


@transaction.atomic
def pin_view(view_id: UUID, *, pinned: bool, by: Actor) -> SavedView:
    """Show a view among the tabs, or leave it in the list only. Raises Hidden."""
    found = _mine(view_id, by)
    found.pinned = pinned
    found.save(update_fields=["pinned"])
    return found


@transaction.atomic
def drop_view(view_id: UUID, *, by: Actor) -> None:
    """Delete one's own view. Raises Hidden."""
    _mine(view_id, by).delete()


def _mine(view_id: UUID, by: Actor) -> SavedView:
    found = SavedView.objects.select_for_update().filter(id=view_id, person_id=by.person).first() if by.person else None
    if found is None:
        raise Hidden(_("没有这个视图"))
    return found
