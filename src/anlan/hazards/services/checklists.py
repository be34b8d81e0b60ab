"""Checklists, changed: a draft from the published version, its questions, its publication. Results keep theirs."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F, Max
from django.utils.translation import gettext as _

from anlan.hazards import checklist_rows, terms
from anlan.hazards.checklist_rows import ITEM_FIELDS
from anlan.hazards.models import Checklist, ChecklistVersion, Item
from anlan.kernel import clock
from anlan.kernel.authority import Actor, Conflict, Hidden, Invalid
from anlan.ledger import services as ledger
from anlan.people import queries as people

ASIDE = 10_000  # added to positions while two items change places: a position is used once


@transaction.atomic
def found_checklist(head: Mapping[str, Any], *, by: Actor) -> ChecklistVersion:
    """Found a new checklist with an empty draft. `head`: code, name, trade, line, objects, own, standard.

    Raises Refused, Invalid (code taken; no name).
    """
    people.require_roots(by, terms.Can.LIBRARY)
    if Checklist.objects.filter(code=head["code"]).exists():
        raise Invalid({"code": _("检查表码「%s」已经有了，换一个，或者去改那张表") % head["code"]})
    one = Checklist(code=head["code"])
    _set_head(one, head)
    return _new_version(one, 1, head["standard"], by)


@transaction.atomic
def draft_checklist(checklist_id: UUID, *, by: Actor) -> ChecklistVersion:
    """Return the draft of a checklist; without one, make it from the newest published version. Raises Hidden."""
    one = _lock(checklist_id, by)
    draft = one.versions.filter(published_at=None).first()
    if draft is not None:
        return draft
    last = one.versions.order_by("-number").first()
    if last is None:
        return _new_version(one, 1, "", by)
    made = _new_version(one, last.number + 1, last.standard, by, form=last.form)
    Item.objects.bulk_create(
        Item(version=made, position=old.position, **{name: getattr(old, name) for name in ITEM_FIELDS})
        for old in last.items.order_by("position")
    )
    return made


@transaction.atomic
def describe(version_id: UUID, head: Mapping[str, Any], *, note: str = "", by: Actor) -> ChecklistVersion:
    """Change a checklist's name, trade, line, objects, self-check, and its draft's standard and note."""
    version = lock_draft(version_id, by)
    _set_head(version.checklist, head)
    version.standard, version.note = head["standard"], note[:200]
    version.save(update_fields=["standard", "note"])
    _edited(version, _("表头"), by)
    return version


@transaction.atomic
def replace_items(version_id: UUID, items: Sequence[Mapping[str, Any]], *, form: Any = None, by: Actor) -> None:
    """Put these questions in place of a draft's own, in their order."""
    version = lock_draft(version_id, by)
    version.items.all().delete()
    Item.objects.bulk_create(
        Item(version=version, position=n, **{name: values[name] for name in ITEM_FIELDS})
        for n, values in enumerate(items, 1)
    )
    version.form, version.made_name = form, by.name
    version.save(update_fields=["form", "made_name"])
    _edited(version, _("导入 %d 个问题") % len(items), by)


@transaction.atomic
def put_item(version_id: UUID, values: Mapping[str, Any], *, item_id: UUID | None = None, by: Actor) -> Item:
    """Add a question at the end of a draft, or change one. Raises Hidden, Conflict, Invalid (code used above)."""
    version = lock_draft(version_id, by)
    others = version.items.filter(code=values["code"])
    if (others.exclude(id=item_id) if item_id else others).exists():
        raise Invalid({"code": _("项目码「%s」这张表里已经有了") % values["code"]})
    last = version.items.aggregate(most=Max("position"))["most"] or 0
    if item_id is None and last >= checklist_rows.MOST:
        raise Invalid({"question": _("一张表最多 %d 个问题，拆成两张") % checklist_rows.MOST})
    one = Item(version=version, position=last + 1) if item_id is None else _item(version, item_id)
    for name in ITEM_FIELDS:
        setattr(one, name, values[name])
    one.save()
    _edited(version, (_("加了「%s」") if item_id is None else _("改了「%s」")) % one.question[:40], by)
    return one


@transaction.atomic
def move_item(version_id: UUID, item_id: UUID, up: bool, *, by: Actor) -> None:  # noqa: FBT001 - the direction
    """Move a question one place up or down; at the end nothing happens."""
    version = lock_draft(version_id, by)
    one = _item(version, item_id)
    others = version.items.filter(position__lt=one.position) if up else version.items.filter(position__gt=one.position)
    other = others.order_by("-position" if up else "position").first()
    if other is None:
        return
    here, there = one.position, other.position
    version.items.filter(id=other.id).update(position=there + ASIDE)
    version.items.filter(id=one.id).update(position=there)
    version.items.filter(id=other.id).update(position=here)
    _edited(version, _("挪了「%s」") % one.question[:40], by)


@transaction.atomic
def remove_item(version_id: UUID, item_id: UUID, *, by: Actor) -> None:
    """Take a question out of a draft; published versions keep it."""
    version = lock_draft(version_id, by)
    one = _item(version, item_id)
    gone = one.position
    one.delete()
    version.items.filter(position__gt=gone).update(position=F("position") + ASIDE)
    version.items.filter(position__gt=ASIDE).update(position=F("position") - ASIDE - 1)
    _edited(version, _("删了「%s」") % one.question[:40], by)


@transaction.atomic
def publish_checklist(version_id: UUID, *, by: Actor) -> ChecklistVersion:
    """Publish a draft: from now on it is what is checked against, and never changes. Twice is once.

    Raises Refused, Hidden, Invalid (no question).
    """
    people.require_roots(by, terms.Can.LIBRARY)
    version = ChecklistVersion.objects.select_for_update().filter(id=version_id).first()
    if version is None:
        raise Hidden(str(version_id))
    if version.published_at is not None:
        return version
    count = version.items.count()
    if count < checklist_rows.LEAST:
        raise Invalid({"": _("这一版里一个问题也没有，不能发布")})
    version.published_at, version.published_by, version.published_name = clock.now(), by.pseudonym, by.name
    version.save(update_fields=["published_at", "published_by", "published_name"])
    one = version.checklist
    ledger.record(
        terms.Did.LIST_PUBLISHED, one, by=by, code=one.code, name=one.name, number=version.number, count=count,
        version=version.id,
    )  # fmt: skip
    return version


@transaction.atomic
def drop_checklist_draft(version_id: UUID, *, by: Actor) -> None:
    """Throw a draft away, with a checklist that never had another version. Raises Hidden, Conflict (published)."""
    version = lock_draft(version_id, by)
    one = version.checklist
    ledger.record(terms.Did.LIST_DROPPED, one, by=by, code=one.code, name=one.name, number=version.number)
    version.items.all().delete()
    version.delete()
    if not one.versions.exists():
        one.delete()


@transaction.atomic
def retire_checklist(checklist_id: UUID, retired: bool, *, by: Actor) -> Checklist:  # noqa: FBT001 - the state wanted
    """Take a checklist out of use, or bring it back: results keep theirs either way. Twice is once."""
    one = _lock(checklist_id, by)
    if (one.retired_at is not None) == retired:
        return one
    one.retired_at = clock.now() if retired else None
    one.save(update_fields=["retired_at"])
    did = terms.Did.LIST_RETIRED if retired else terms.Did.LIST_RESTORED
    ledger.record(did, one, by=by, code=one.code, name=one.name)
    return one


def lock_draft(version_id: UUID, by: Actor) -> ChecklistVersion:
    """Return a draft, locked. Raises Refused, Hidden, Conflict (published meanwhile)."""
    people.require_roots(by, terms.Can.LIBRARY)
    found = ChecklistVersion.objects.select_for_update(of=("self",)).select_related("checklist")
    version = found.filter(id=version_id).first()
    if version is None:
        raise Hidden(str(version_id))
    if version.published_at is not None:
        raise Conflict(_("这一版已经发布，不能再改；要改就拟新的一版"))
    return version


def _lock(checklist_id: UUID, by: Actor) -> Checklist:
    people.require_roots(by, terms.Can.LIBRARY)
    one = Checklist.objects.select_for_update().filter(id=checklist_id).first()
    if one is None:
        raise Hidden(str(checklist_id))
    return one


def _item(version: ChecklistVersion, item_id: UUID) -> Item:
    one = version.items.filter(id=item_id).first()
    if one is None:
        raise Hidden(str(item_id))
    return one


def _set_head(one: Checklist, head: Mapping[str, Any]) -> None:
    if not head["name"].strip():
        raise Invalid({"name": _("给检查表起个名字")})
    one.name, one.trade, one.line = head["name"].strip(), head["trade"], head["line"]
    one.object_kinds, one.for_self = list(head["objects"]), head["own"]
    one.save()


def _new_version(one: Checklist, number: int, standard: str, by: Actor, form: Any = None) -> ChecklistVersion:
    made = ChecklistVersion.objects.create(
        checklist=one, number=number, standard=standard, form=form, made_name=by.name
    )
    ledger.record(terms.Did.LIST_DRAFTED, one, by=by, code=one.code, name=one.name, number=number)
    return made


def _edited(version: ChecklistVersion, what: str, by: Actor) -> None:
    one = version.checklist
    ledger.record(terms.Did.LIST_EDITED, one, by=by, code=one.code, name=one.name, number=version.number, what=what)
