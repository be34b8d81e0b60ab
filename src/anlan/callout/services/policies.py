"""Policies as data: read, change into a new version, choose for a call."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from anlan.callout import ladder
from anlan.callout.carriers import discover
from anlan.callout.models import Policy
from anlan.callout.terms import Can, Did, Draft, Kind
from anlan.kernel.authority import Actor, Conflict, Hidden, Invalid
from anlan.ledger import services as ledger
from anlan.people import queries as people

NOTICE = "notice"  # the policy of an all-clear and of a cancellation: nobody need answer


def choose(draft: Draft) -> Policy:
    """Return the policy of a draft: the one it names, the notice for an all-clear, else its level's. Raises Invalid."""
    code = draft.policy or (NOTICE if draft.kind in {Kind.ALL_CLEAR, Kind.CANCEL} else None)
    current = Policy.objects.filter(current=True)
    found = (
        current.filter(code=code).first()
        if code
        else current.filter(level=draft.level).order_by("code").exclude(level="").first()
    )
    if found is None:
        raise Invalid({"policy": _("没有适用的叫应规则，请选一个")})
    return found


def current() -> list[Policy]:
    """Return every policy as it stands, red first."""
    order = {level: i for i, level in enumerate(("red", "orange", "yellow", "blue"))}
    return sorted(Policy.objects.filter(current=True), key=lambda p: (order.get(p.level, 9), p.code))


@transaction.atomic
def change(
    code: str, body: Mapping[str, Any], *, by: Actor, version: int, name: str | None = None, level: str | None = None
) -> Policy:
    """Replace a policy by a new version; calls under way keep theirs. A new code makes a new policy (version 0).

    `version` is the one that was edited. Raises Refused, Invalid (field by field), Conflict where somebody else
    changed it meanwhile.
    """
    people.require_roots(by, Can.POLICY)
    if wrong := ladder.check(body, list(discover())):
        raise Invalid(wrong)
    old = Policy.objects.select_for_update().filter(code=code, current=True).first()
    if (old.version if old else 0) != version:
        raise Conflict(_("别人刚改过这条规则，请看了新的再改"))
    if old is None and not (name or "").strip():
        raise Invalid({"name": _("给规则起个名字")})
    if old is not None:
        old.current = False
        old.save(update_fields=["current"])
    made = Policy.objects.create(
        code=code,
        version=version + 1,
        name=name or (old.name if old else code),
        level=level if level is not None else (old.level if old else ""),
        kind=old.kind if old else Kind.FIRST,
        body=dict(body),
        made_by=by.pseudonym,
    )
    ledger.record(Did.POLICY_CHANGED, made, by=by, code=code, name=made.name, version=made.version, body=made.body)
    return made


def get(policy_id: UUID) -> Policy:
    """Return one version of a policy. Raises Hidden."""
    found = Policy.objects.filter(id=policy_id).first()
    if found is None:
        raise Hidden(str(policy_id))
    return found
