"""Hazards, visits, objects and tasks laid straight into the tables, as a test of counting wants them."""

import datetime as dt
import uuid

from anlan.hazards.models import Answer, Checklist, ChecklistVersion, Hazard, Item, KindRow, Object, Task, Visit
from anlan.kernel import clock
from anlan.kernel.ids import uuid7

SOMEBODY, ANOTHER = uuid.UUID(int=1), uuid.UUID(int=2)
VALID = ("confirmed", "assigned", "rectified", "listed", "closed")


def noon(day, hours=0):
    """Return noon of a day (or of so many days ago) on China's wall."""
    if isinstance(day, int):
        day = clock.local(clock.now()).date() - dt.timedelta(days=day)
    return dt.datetime.combine(day, dt.time(12), clock.CHINA) + dt.timedelta(hours=hours)


def hazard(place, found, *, state="assigned", due=None, accepted=None, **more):
    """Lay one hazard; days are dates or numbers of days ago. Returns its row."""
    made = {
        "id": uuid7(), "client_id": uuid7(), "chain_id": uuid7(), "place_path": place, "text": "楼道堆物",
        "found_at": noon(found),
        "arrived_at": noon(found), "state": state, "due_at": None if due is None else noon(due),
        "kind": "corridor", "trade": "fire", "source": "daily", "grade": "general" if state in VALID else "",
    }  # fmt: skip
    if state in VALID:
        made |= {"confirmed_by": SOMEBODY, "assigned_by": SOMEBODY, "owner_name": "物业"}
    if state in {"rectified", "closed"}:
        made |= {"rectified_by": SOMEBODY}
    if state == "closed":
        made |= {"accepted_by": ANOTHER, "accepted_at": noon(accepted)}
    return Hazard.objects.create(**made | more)


def checklist(trade="fire", items=3):
    """Lay a published checklist; returns its items."""
    head = Checklist.objects.create(code=uuid7().hex[:20], name="楼道", trade=trade)
    version = ChecklistVersion.objects.create(checklist=head, number=1)
    made = [Item.objects.create(version=version, position=n, code=f"i{n}", question="?") for n in range(items)]
    ChecklistVersion.objects.filter(id=version.id).update(published_at=clock.now())
    return made


def thing(place, name="小卖部"):
    """Lay an object."""
    return Object.objects.create(place_path=place, kind="shop", name=name)


def visit(place, day, results=(), items=(), **more):
    """Lay a visit with answers to items. Returns its row."""
    counts = {"passed": results.count("pass"), "failed": results.count("fail")} if results else {}
    row = Visit.objects.create(
        client_id=uuid7(), place_path=place, done_at=noon(day), source="inspection", **counts | more
    )
    for item, result in zip(items, results, strict=False):
        Answer.objects.create(visit=row, item=item, result=result)
    return row


def task(thing_, due, *, state="open", done=None, **more):
    """Lay a task."""
    on = noon(due).date()
    return Task.objects.create(
        object=thing_, place_path=thing_.place_path, on_day=on, due_on=on, state=state,
        done_at=None if done is None else noon(done), **more,
    )  # fmt: skip


def kind(code, limit="d7", trade="fire", name=None):
    """Lay a published kind of the library."""
    return KindRow.objects.create(
        code=code, name=name or code, trade=trade, words=code, limit=limit, published_at=clock.now()
    )
