"""The library of typical hazards, changed: a new version is a draft, looked at, published; what was published stays."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from anlan.hazards import kind_rows, terms
from anlan.hazards.models import KindRow
from anlan.hazards.queries import library as queries
from anlan.kernel import clock
from anlan.kernel.authority import Actor, Conflict, Hidden, Invalid
from anlan.ledger import services as ledger
from anlan.people import queries as people

VALUES = tuple(name for name in kind_rows.FIELDS if name != "code")


@transaction.atomic
def draft_kind(values: Mapping[str, Any], *, by: Actor) -> KindRow:
    """Draft a new version of a kind (or change its draft), or the first version of a new one.

    `values` as `kind_rows.understand` makes them, without faults. Raises Refused.
    """
    people.require_roots(by, terms.Can.LIBRARY)
    code = values["code"]
    rows = KindRow.objects.select_for_update().filter(code=code)
    draft = rows.filter(published_at=None).first()
    if draft is None:
        number = (KindRow.objects.filter(code=code).aggregate(most=Max("version"))["most"] or 0) + 1
        draft = KindRow(code=code, version=number)
    for name in VALUES:
        setattr(draft, name, values[name])
    draft.by_name, draft.made_at = by.name, clock.now()
    draft.save()
    ledger.record(terms.Did.KIND_DRAFTED, draft, by=by, code=code, name=draft.name, number=draft.version)
    return draft


@transaction.atomic
def publish_kind(code: str, *, by: Actor) -> KindRow:
    """Publish the draft of a kind. Raises Refused, Hidden (no draft), Invalid (its tile is another's)."""
    draft = _draft(code, by)
    _publish([draft], by)
    return draft


@transaction.atomic
def publish_kinds(codes: Iterable[str], *, by: Actor) -> int:
    """Publish the drafts of these kinds, all or none; return how many. Raises Refused, Invalid."""
    people.require_roots(by, terms.Can.LIBRARY)
    drafts = list(KindRow.objects.select_for_update().filter(code__in=list(codes), published_at=None).order_by("id"))
    _publish(drafts, by)
    return len(drafts)


def _publish(drafts: list[KindRow], by: Actor) -> None:
    going = {one.code for one in drafts}
    tiles = {one.quick: one for one in queries.kinds() if one.quick and one.code not in going}
    for one in drafts:
        if one.quick and one.quick in tiles:
            raise Invalid({"quick": _("第 %(at)d 格已经是「%(name)s」，先把那一类挪开") % {
                "at": one.quick, "name": tiles[one.quick].name}})  # fmt: skip
        if one.quick:
            tiles[one.quick] = one
        one.published_at, one.by_name = clock.now(), by.name
    KindRow.objects.bulk_update(drafts, ["published_at", "by_name"])
    for one in drafts:
        ledger.record(terms.Did.KIND_PUBLISHED, one, by=by, code=one.code, name=one.name, number=one.version)


@transaction.atomic
def drop_kind(code: str, *, by: Actor) -> None:
    """Throw a draft away. Raises Refused, Hidden."""
    draft = _draft(code, by)
    ledger.record(terms.Did.KIND_DROPPED, draft, by=by, code=code, name=draft.name, number=draft.version)
    draft.delete()


@transaction.atomic
def retire_kind(code: str, *, by: Actor) -> KindRow:
    """Take a kind out of use: old hazards keep its name, nobody can choose it any more. Twice is once."""
    return _in_use(code, terms.Did.KIND_RETIRED, by)


@transaction.atomic
def restore_kind(code: str, *, by: Actor) -> KindRow:
    """Bring a retired kind back into use. Twice is once. Raises Invalid where its tile was given away meanwhile."""
    return _in_use(code, terms.Did.KIND_RESTORED, by)


def _in_use(code: str, did: terms.Did, by: Actor) -> KindRow:
    people.require_roots(by, terms.Can.LIBRARY)
    found = KindRow.objects.select_for_update().filter(code=code).exclude(published_at=None)
    one = found.order_by("-version").first()
    if one is None:
        raise Hidden(code)
    if code == queries.ELSE.code:
        raise Conflict(_("「别的」要一直留着：说不清归哪一类的隐患靠它报上来"))
    retire = did is terms.Did.KIND_RETIRED
    if (one.retired_at is not None) == retire:
        return one
    if not retire and one.quick:
        for other in queries.kinds():
            if other.quick == one.quick:
                raise Invalid({"quick": _("第 %(at)d 格已经是「%(name)s」，先把那一类挪开") % {
                    "at": one.quick, "name": other.name}})  # fmt: skip
    one.retired_at = clock.now() if retire else None
    one.save(update_fields=["retired_at"])
    ledger.record(did, one, by=by, code=code, name=one.name)
    return one


def _draft(code: str, by: Actor) -> KindRow:
    people.require_roots(by, terms.Can.LIBRARY)
    draft = KindRow.objects.select_for_update().filter(code=code, published_at=None).first()
    if draft is None:
        raise Hidden(code)
    return draft
