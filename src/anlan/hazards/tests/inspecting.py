"""Objects, checklists and visits for tests."""

import uuid

from anlan.hazards.models import Checklist, ChecklistVersion, Item
from anlan.hazards.services import objects, visits
from anlan.hazards.terms.inspections import Done, ObjectDraft
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
