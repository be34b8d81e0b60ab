"""A person says who was right where people and devices contradicted each other (SEN-03)."""

from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from anlan.kernel import authority
from anlan.kernel.authority import Actor, Invalid
from anlan.ledger import services as ledger
from anlan.sensing.models import SidesJudged
from anlan.sensing.queries import registry
from anlan.sensing.terms import Can, Did
from anlan.sensing.terms.sides import SIDE_NAMES, Side


@transaction.atomic
def judge(key: str, right: str, opinion: str, *, by: Actor) -> SidesJudged:
    """Decide one contradiction by its key (sensing/sides.py). Who came first stands: twice is once.

    Raises Hidden (no such thing), Refused, Invalid (right, opinion).
    """
    parts = key.split("|")
    try:
        thing_id = UUID(parts[0])
    except ValueError as error:
        raise Invalid({"key": _("没有这一处")}) from error
    thing = registry.lock(thing_id, by=by)
    authority.require(by, Can.VERIFY, at=thing.place_path)
    if right not in set(Side):
        raise Invalid({"right": _("选一个：谁说得对")})
    if not opinion.strip():
        raise Invalid({"opinion": _("写一句凭什么这么判")})
    if len(parts) != 3 or len(key) > 180:  # thing, alarm, report
        raise Invalid({"key": _("没有这一处")})
    row, new = SidesJudged.objects.get_or_create(
        key=key,
        defaults={
            "exercise_id": by.exercise, "place_path": thing.place_path, "thing": thing, "right": right,
            "opinion": opinion.strip()[:300], "by": by.pseudonym, "by_name": by.name,
        },
    )  # fmt: skip
    if new:
        said = f"{SIDE_NAMES[Side(right)]}：{row.opinion}"
        ledger.record(Did.SIDES_JUDGED, thing, by=by, opinion=said, alarm=parts[1], report=parts[2], right=right)
    return row
