"""Many hazards to one owner at once: each is assigned or keeps the reason why not; nothing is left half done."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from anlan.hazards.services import assigning
from anlan.hazards.terms import Owner
from anlan.kernel.authority import Actor, Conflict, Hidden, Invalid, Refused

MOST = 200


@dataclass(frozen=True, slots=True)
class Told:
    """What became of one row: `why` is empty where it was assigned."""

    id: UUID
    why: str = ""


def assign_many(ids: Sequence[UUID], owner: Owner, *, limit: str = "", opinion: str = "", by: Actor) -> list[Told]:
    """Assign each hazard in a transaction of its own; returns what became of each, in order.

    Raises Invalid for none or more than MOST, and where the owner or the limit are wrong for all of them.
    """
    wanted = list(dict.fromkeys(ids))
    if not wanted:
        raise Invalid({"picked": _("先勾选要指派的隐患")})
    if len(wanted) > MOST:
        raise Invalid({"picked": _("一次最多 {most} 条，现在勾了 {count} 条").format(most=MOST, count=len(wanted))})
    return [_one(hazard_id, owner, limit, opinion, by) for hazard_id in wanted]


def _one(hazard_id: UUID, owner: Owner, limit: str, opinion: str, by: Actor) -> Told:
    try:
        with transaction.atomic():
            assigning.assign(hazard_id, owner, limit=limit, opinion=opinion, by=by)
    except Hidden:
        return Told(hazard_id, _("没有这条，或者不归你看"))
    except Refused:
        return Told(hazard_id, _("你的岗位不能在这里指派"))
    except Conflict as error:
        return Told(hazard_id, str(error))
    except Invalid as error:
        return Told(hazard_id, "；".join(error.errors.values()))
    return Told(hazard_id)
