"""Objects, checklists and visits for tests."""

import datetime as dt
import uuid

from anlan.fieldwork.models import Upload
from anlan.hazards.models import Checklist, ChecklistVersion, Hint, Item
from anlan.hazards.queries import library
from anlan.hazards.queries.objects import today
from anlan.hazards.services import objects, objects_import, outside_checks, programmes, risk_points, visits
from anlan.hazards.terms.inspections import Done, ObjectDraft, RiskDraft
from anlan.kernel import clock
from anlan.kernel.authority import machine

BY = machine("test")


def thing(cast, name="老街面馆", kind="small_food", *, at="grid", **values):
    """Register an object at one of the cast's places."""
    path = getattr(cast.places, at).path
    return objects.add_object(ObjectDraft(kind=kind, name=name, place=path, **values), by=BY)


def checklist(code="xf", kinds=("small_food",), questions=("通道通畅", "灭火器有效"), *, line="", own=False, **values):
    """Publish a checklist; returns (checklist, version, items)."""
    made = Checklist.objects.create(code=code, name=f"{code}检查表", object_kinds=list(kinds), line=line, for_self=own)
    version = ChecklistVersion.objects.create(checklist=made, number=1)
    items = [
        Item.objects.create(version=version, position=n, code=f"{code}{n}", question=q, **values)
        for n, q in enumerate(questions)
    ]
    version.published_at = clock.now()
    version.save(update_fields=["published_at"])
    return made, version, items


def visit(row, by, *, nothing_wrong=True, **values):
    """Visit an object: nothing wrong, unless answers say otherwise."""
    done = Done(client=uuid.uuid4(), object=row.id, nothing_wrong=nothing_wrong, **values)
    return visits.visit(done, by=by)


def everything(cast):
    """One of everything at the cast's grid: the parameter of each address of inspections by its name."""
    spot, by = cast.places.grid.path, cast.street.actor
    row = thing(cast)
    (plan,) = programmes.special([row.id], "查一遍", "起火", [], today() + dt.timedelta(days=9), by=by)
    item = library.items([library.checklist_for(row.kind)[0].id])[0].id
    looked = visit(row, cast.grid.actor, nothing_wrong=False, answers={item: ("fail", "")})
    part = programmes.ask_professional(row.id, "再看", by=cast.grid.actor)
    sheet = objects_import.read_objects("类型,名称\n小餐饮,甲\n".encode(), "表.csv", place=spot, by=BY)
    shot = Upload.objects.create(state="ready", data=b"\xff", thumb=b"\xff", digest=b"")
    odd = Hint.objects.create(genre="photo", place_path=spot, subject_type="visit", subject_id=looked.id,
                              upload_id=shot.id, other_type="visit", other_id=looked.id)  # fmt: skip
    return {
        "hint_id": odd.id, "which": "this",
        "object_id": row.id, "programme_id": plan.id, "hazards task_id": part.task_id, "part_id": part.id,
        "visit_id": looked.id,
        "failed_item": str(item), "risk_id": risk_points.add_risk(RiskDraft("下穿隧道", spot), by=by).id,
        "hazards import_id": sheet.id, "hazards:outside-check token": outside_checks.token(row, by=by),
    }  # fmt: skip
