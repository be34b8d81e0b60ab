"""Policies as data: read, change into a new version, choose for a call."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from anlan.callout import ladder
from anlan.callout.carriers import discover
from anlan.callout.models import Policy
from anlan.callout.terms import TOLD, WORK, Can, Did, Directive, Draft, Kind
from anlan.kernel.authority import Actor, Conflict, Hidden, Invalid
from anlan.ledger import services as ledger
from anlan.people import queries as people

NOTICE = "notice"  # the policy of an all-clear and of a cancellation: nobody need answer


def choose(draft: Draft) -> Policy:
    """Return the policy of a draft: the one it names, the notice for an all-clear, else its directive's and level's.

    An instruction's level that has no policy of its own goes by its directive's. Raises Invalid.
    """
    code = draft.policy or (NOTICE if draft.kind in {Kind.ALL_CLEAR, Kind.CANCEL} else None)
    current = Policy.objects.filter(current=True)
    if code:
        found = current.filter(code=code).first()
    elif draft.directive == Directive.WARNING:
        own = current.filter(directive=Directive.WARNING, level=draft.level)
        found = own.order_by("code").exclude(level="").first()
    else:
        of_directive = current.filter(directive=draft.directive, level__in=[draft.level, ""])
        found = of_directive.order_by("-level", "code").first()
    if found is None:
        raise Invalid({"policy": _("没有适用的叫应规则，请选一个")})
    return found


def likely(draft: Draft) -> Policy:
    """Return the policy a draft would go by; the plain notice's while it is too unfinished to have one."""
    try:
        return choose(draft)
    except Invalid:
        return Policy.objects.get(code=NOTICE, current=True)


def current() -> list[Policy]:
    """Return every policy as it stands: those of warnings before those of instructions, red first."""
    order = {level: i for i, level in enumerate(("red", "orange", "yellow", "blue"))}
    directives = {directive: i for i, directive in enumerate(Directive)}
    rows = Policy.objects.filter(current=True)
    return sorted(rows, key=lambda p: (directives.get(Directive(p.directive), 9), order.get(p.level, 9), p.code))


@transaction.atomic
def change(
    code: str, body: Mapping[str, Any], *, by: Actor, version: int, name: str | None = None, level: str | None = None
) -> Policy:
    """Replace a policy by a new version; calls under way keep theirs. A new code makes a new policy (version 0).

    `version` is the one that was edited. Raises Refused, Invalid (field by field), Conflict where somebody else
    changed it meanwhile.
    """
    people.require_roots(by, Can.POLICY)
    old = Policy.objects.select_for_update().filter(code=code, current=True).first()
    directive = old.directive if old else Directive.WARNING
    if wrong := ladder.check(body, list(discover())) | _of_directive(directive, body):
        raise Invalid(wrong)
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
        directive=directive,
        body=dict(body),
        made_by=by.pseudonym,
    )
    ledger.record(Did.POLICY_CHANGED, made, by=by, code=code, name=made.name, version=made.version, body=made.body)
    return made


def _of_directive(directive: str, body: Mapping[str, Any]) -> dict[str, str]:
    """Return where a policy asks what its directive may not (WRN-05)."""
    wrong: dict[str, str] = {}
    if directive == Directive.COMMAND and not body.get("needs_answer"):
        wrong["needs_answer"] = _("命令一定要应")
    if directive in {*TOLD, Directive.TASK} and body.get("needs_answer"):
        wrong["needs_answer"] = _("通知、提醒、任务不能要人应；要应请用命令")
    if directive in WORK and not body.get("result_within"):
        wrong["result_within"] = _("写上几秒内要报结果")
    return wrong


def get(policy_id: UUID) -> Policy:
    """Return one version of a policy. Raises Hidden."""
    found = Policy.objects.filter(id=policy_id).first()
    if found is None:
        raise Hidden(str(policy_id))
    return found
