"""An adjustment is taken back, as long as nothing was built on it."""

from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from anlan.kernel import authority, clock
from anlan.kernel.authority import Actor, Conflict, Invalid
from anlan.ledger import services as ledger
from anlan.places import queries
from anlan.places.models import Adjustment, Code, Lineage, Place
from anlan.places.ports import Move
from anlan.places.services import bulk, carrying
from anlan.places.services.applying import searched
from anlan.places.services.tree import bump
from anlan.places.terms import AdjustmentState, Can, Did

_COLUMNS = ("name", "pinyin", "aliases", "grams", "scheme", "code", "revision")


@transaction.atomic
def undo_adjustment(plan_id: UUID, *, by: Actor, reason: str) -> Adjustment:
    """Take an adjustment back: places, codes, and every row that went along, as they were before.

    Raises Hidden, Refused, Invalid (no reason), Conflict naming what was built on it: nothing is taken back then.
    """
    bulk.one_at_a_time()
    plan = queries.get_adjustment(plan_id, by, locked=True)
    authority.require(by, Can.MANAGE, at=plan.place_path)
    if plan.state != AdjustmentState.APPLIED:
        raise Conflict(_("「%(title)s」没有生效，或已经撤回") % {"title": plan.title})
    if not reason.strip():
        raise Invalid({"reason": _("请写明撤回的原因")})
    founded: dict[str, str] = plan.effects["founded"]
    touched = _held(plan)
    _unbuilt(plan, founded)
    _codes_back(plan, founded)
    _values_back(plan, touched)
    lineage = list(plan.lineage.all())
    plan.lineage.all().delete()
    carrying.carry(_move_back(plan, lineage))
    _remove(founded)
    carrying.forget(plan.pk)
    plan.state, plan.undone_at = AdjustmentState.UNDONE, clock.now()
    plan.save(update_fields=["state", "undone_at"])
    ledger.record_many(
        Did.RESTORED, [ledger.Line("places.place", p.pk, p.path, plan.pk) for p in touched.values()], by=by
    )
    ledger.record(Did.ADJUSTMENT_UNDONE, plan, by=by, chain=plan.pk, reason=reason.strip())
    bump(shapes=True)
    return plan


def _held(plan: Adjustment) -> dict[str, Place]:
    """Lock what was changed and closed, as it is now, by id; refuse where somebody changed it since."""
    changed = {row["id"]: row["revision"] for row in plan.effects["changed"]}
    wanted = [*changed, *plan.effects["closed"]]
    held = {str(p.pk): p for p in Place.objects.select_for_update(of=("self",)).filter(pk__in=wanted).order_by("path")}
    late = [held[i].name for i, revision in changed.items() if held[i].revision != revision]
    late += [held[i].name for i in plan.effects["closed"] if held[i].until != plan.day]
    founded = Place.objects.filter(pk__in=plan.effects["founded"].values()).exclude(revision=1, until=None)
    late += list(founded.values_list("name", flat=True)[:5])
    if late:
        raise Conflict(_("生效之后有 %(n)d 个地方又改过（%(names)s），不能撤回") % {
            "n": len(late), "names": "、".join(late[:5])})  # fmt: skip
    return held


def _unbuilt(plan: Adjustment, founded: dict[str, str]) -> None:
    made = [UUID(pk) for pk in founded.values()]
    guests = Place.objects.filter(parent_id__in=made).exclude(pk__in=made)[:5]
    if guests:
        raise Conflict(_("其下已新设「%(name)s」等地方，不能撤回") % {"name": guests[0].name})
    later = Lineage.objects.filter(was__in=founded).exclude(plan=plan).first()
    if later:
        raise Conflict(_("后来又有一次区划调整动过这些地方，先撤回那一次"))
    if what := carrying.strangers(plan.pk, list(founded)) or carrying.strayed(plan.pk):
        raise Conflict(_("生效之后在新地方上又有了%(what)s，不能撤回") % {"what": what})


def _codes_back(plan: Adjustment, founded: dict[str, str]) -> None:
    changed = [row["id"] for row in plan.effects["changed"]]
    Code.objects.filter(place_id__in=[*founded.values(), *changed], since=plan.day).exclude(
        pk__in=plan.effects["codes"]
    ).delete()
    Code.objects.filter(pk__in=plan.effects["codes"]).update(until=None)


def _values_back(plan: Adjustment, held: dict[str, Place]) -> None:
    rows: list[dict[str, Any]] = []
    for was in plan.effects["changed"]:
        place = held[was["id"]]
        place.name, place.aliases, place.code, place.scheme = was["name"], was["aliases"], was["code"], was["scheme"]
        place.revision += 1
        rows.append(searched(place))
    bulk.update(rows, _COLUMNS, at=clock.now())
    closed = Place.objects.filter(pk__in=plan.effects["closed"])
    closed.update(until=None, successor=None, changed_at=clock.now())


def _move_back(plan: Adjustment, lineage: list[Lineage]) -> Move:
    pairs = list({(one.now, one.was) for one in lineage})
    ends = [was for _, was in pairs]
    rows = Place.objects.filter(path__in=ends).values_list("path", "pk", "level")
    return Move(
        plan=plan.pk, pairs=pairs, seats={path: (pk, level) for path, pk, level in rows},
        names=queries.names(ends), chosen={}, back=True,
    )  # fmt: skip


def _remove(founded: dict[str, str]) -> None:
    try:
        with transaction.atomic():
            made = [UUID(pk) for pk in founded.values()]
            Place.objects.filter(successor_id__in=made).update(successor=None)
            bulk.delete(made)
    except IntegrityError as error:
        raise Conflict(_("新设的地方已有岗位或其他记录，不能撤回")) from error
