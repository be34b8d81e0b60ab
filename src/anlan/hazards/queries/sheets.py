"""What the editors of the library read: drafts, versions, how they differ, files that wait."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

from django.contrib.staticfiles import finders
from django.db.models import Count, QuerySet

from anlan.hazards.checklist_rows import ITEM_FIELDS
from anlan.hazards.models import Checklist, ChecklistVersion, Item, KindRow, LibrarySheet
from anlan.kernel.authority import Hidden


@cache
def icons() -> frozenset[str]:
    """Return the names of the sprite's icons; those of the shell's own marks too."""
    found = finders.find("web/icons.svg")
    text = Path(str(found)).read_text() if found else ""
    return frozenset(re.findall(r'id="i-([a-z0-9-]+)"', text))


def drafts() -> list[KindRow]:
    """Return the kinds that wait to be published, the newest first."""
    return list(KindRow.objects.filter(published_at=None).order_by("-made_at"))


def kind_versions(code: str) -> list[KindRow]:
    """Return every version of a kind, the newest first."""
    return list(KindRow.objects.filter(code=code).order_by("-version"))


def lock(sheet_id: UUID) -> LibrarySheet:
    """Return a file that was read, locked. Raises Hidden."""
    found = LibrarySheet.objects.select_for_update().filter(id=sheet_id).first()
    if found is None:
        raise Hidden(str(sheet_id))
    return found


def sheet(sheet_id: UUID) -> LibrarySheet:
    """Return a file that was read. Raises Hidden."""
    found = LibrarySheet.objects.filter(id=sheet_id).first()
    if found is None:
        raise Hidden(str(sheet_id))
    return found


def waiting(what: Sequence[str]) -> QuerySet[LibrarySheet]:
    """Return the files that nobody has decided on yet."""
    return LibrarySheet.objects.filter(what__in=what, done_at=None).order_by("-at")[:5]


def checklist(code: str) -> Checklist:
    """Return a checklist. Raises Hidden."""
    found = Checklist.objects.filter(code=code).first()
    if found is None:
        raise Hidden(code)
    return found


def lists() -> list[Checklist]:
    """Return every checklist with its versions (`counted`: each with `count` items), those in use first."""
    versions = ChecklistVersion.objects.annotate(count=Count("items")).order_by("-number")
    by_list: dict[UUID, list[ChecklistVersion]] = {}
    for version in versions:
        by_list.setdefault(version.checklist_id, []).append(version)
    found = list(Checklist.objects.order_by("retired_at", "code"))
    for one in found:
        one.counted = by_list.get(one.id, [])  # type: ignore[attr-defined]
    return sorted(found, key=lambda one: one.retired_at is not None)


def versions_of(one: Checklist) -> list[ChecklistVersion]:
    """Return the versions of a checklist, the newest first."""
    return list(one.versions.annotate(count=Count("items")).order_by("-number"))


def before(version: ChecklistVersion) -> ChecklistVersion | None:
    """Return the version that came before one."""
    return version.checklist.versions.filter(number__lt=version.number).order_by("-number").first()


@dataclass(frozen=True, slots=True)
class Difference:
    """How one question differs between two versions: `kind` is "new", "changed", "moved" or "dropped"."""

    kind: str
    code: str
    question: str
    fields: dict[str, tuple[Any, Any]] = field(default_factory=dict)


def differences(old: Sequence[Item], new: Sequence[Item]) -> list[Difference]:
    """Return what is new, changed, moved, dropped between two versions, by the codes of their questions."""
    was, now = {one.code: one for one in old}, {one.code: one for one in new}
    stay_old = [one.code for one in old if one.code in now]
    stay_new = [one.code for one in new if one.code in was]
    moved = {code for at, code in enumerate(stay_new) if stay_old[at] != code}
    told = []
    for one in new:
        if one.code not in was:
            told.append(Difference("new", one.code, one.question))
            continue
        fields = _fields(was[one.code], one)
        if fields or one.code in moved:
            told.append(Difference("changed" if fields else "moved", one.code, one.question, fields))
    return told + [Difference("dropped", one.code, one.question) for one in old if one.code not in now]


def _fields(was: Item, now: Item) -> dict[str, tuple[Any, Any]]:
    pairs = {name: (getattr(was, name), getattr(now, name)) for name in ITEM_FIELDS if name != "code"}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def state_of(code: str, items: Sequence[Mapping[str, Any]], faults: Sequence[Any]) -> str:
    """Say what a checklist of a file would be: "fault", "new", "changed", or the "same" as its newest version."""
    if faults or not items:
        return "fault"
    last = ChecklistVersion.objects.filter(checklist__code=code).order_by("-number").first()
    if last is None:
        return "new"
    kept = [{name: getattr(one, name) for name in ITEM_FIELDS} for one in last.items.order_by("position")]
    return "same" if kept == [{name: one[name] for name in ITEM_FIELDS} for one in items] else "changed"
