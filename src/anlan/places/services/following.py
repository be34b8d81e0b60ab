"""Whatever was written at an old path while an adjustment took effect follows it, half a minute later."""

from uuid import UUID

from django.db import transaction
from django.db.models import Max
from procrastinate.contrib.django import app

from anlan.kernel import authority
from anlan.ledger import services as ledger
from anlan.places import queries
from anlan.places.models import Adjustment, Carried, Place
from anlan.places.ports import Move
from anlan.places.services import bulk, carrying
from anlan.places.terms import AdjustmentState, Did

SOON = 30  # seconds: longer than any transaction that had read the old path before


def later(plan: Adjustment) -> None:
    """Have `follow` run once every transaction of now is over."""
    app.configure_task("places.follow", queue="places", schedule_in={"seconds": SOON}).defer(plan=str(plan.pk))


@transaction.atomic
def follow(plan_id: UUID) -> int:
    """Carry what stands at the paths a plan closed; nothing, most of the time. Returns how many rows; twice is once.

    Raises Conflict while a call is being spread.
    """
    bulk.one_at_a_time()
    plan = Adjustment.objects.select_for_update().filter(pk=plan_id, state=AdjustmentState.APPLIED).first()
    if plan is None:
        return 0
    closed = Place.objects.filter(pk__in=plan.effects["closed"], successor__isnull=False)
    heirs = dict(closed.values_list("path", "successor__path"))
    settled = queries.present(heirs.values())
    pairs = [(was, settled[heir]) for was, heir in heirs.items()]
    rows = Place.objects.filter(path__in={now for _, now in pairs}).values_list("path", "pk", "level")
    run = (Carried.objects.filter(plan=plan).aggregate(n=Max("run"))["n"] or 0) + 1
    move = Move(
        plan=plan.pk, pairs=pairs, seats={path: (pk, level) for path, pk, level in rows},
        names=queries.names(heirs), chosen={}, run=run,
    )  # fmt: skip
    moved = carrying.carry(move)
    if moved:
        plan.moved = {table: plan.moved.get(table, 0) + moved.get(table, 0) for table in {*plan.moved, *moved}}
        plan.save(update_fields=["moved"])
        by = authority.machine("places")
        ledger.record(Did.FOLLOWED, plan, by=by, chain=plan.pk, rows=sum(moved.values()), moved=moved)
    return sum(moved.values())
