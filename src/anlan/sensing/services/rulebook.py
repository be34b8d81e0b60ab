"""Rules as data: drafted, put anew, switched on and off; each version is kept, and what was on is frozen (SEN-03)."""

from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from anlan.kernel import authority
from anlan.kernel.authority import Actor, Conflict, Hidden, Invalid
from anlan.kernel.clock import now
from anlan.ledger import services as ledger
from anlan.places import queries as places
from anlan.sensing import rules
from anlan.sensing.lifecycle import RULE
from anlan.sensing.models import ObservedProperty, Rule, RuleVersion
from anlan.sensing.queries import registry
from anlan.sensing.queries import rulebook as queries
from anlan.sensing.terms import Can, Did, RuleState, ThingKind, rule_words
from anlan.sensing.terms.rulebook import RuleDraft


def checked(spec: Any) -> rules.Rule:
    """Return the rule of a document. Raises Invalid by field ("spec.levels.red")."""
    try:
        return rules.read(spec)
    except rules.RuleError as error:
        raise Invalid({
            ".".join(filter(None, ("spec", f.field))): rule_words.fault(f) for f in error.faults
        }) from error  # fmt: skip


@transaction.atomic
def draft(what: RuleDraft, *, by: Actor) -> Rule:
    """Draft a rule with its first version; it judges nothing until it is switched on.

    Raises Refused, Hidden (no such place or stream), Invalid by field.
    """
    authority.require(by, Can.RULES, at=what.place)
    places.by_path(what.place)
    wrong = _wrong(what, by)
    try:
        checked(what.spec)
    except Invalid as error:
        wrong |= error.errors
    if wrong:
        raise Invalid(wrong)
    row = Rule.objects.create(
        place_path=what.place, name=what.name.strip(), kind=what.spec["kind"], thing_kind=what.thing_kind,
        property=what.property, stream_id=what.stream, about=what.about.strip(), advice=what.advice.strip(),
        life_safety=what.life_safety,
    )  # fmt: skip
    RuleVersion.objects.create(rule=row, number=1, spec=what.spec, made_by=by.pseudonym)
    ledger.record(Did.RULE_DRAFTED, row, by=by, name=row.name, number=1)
    return row


def _wrong(what: RuleDraft, by: Actor) -> dict[str, str]:
    wrong: dict[str, str] = {}
    if not 2 <= len(what.name.strip()) <= 80:
        wrong["name"] = _("写 2 到 80 个字，让收到报警的人看得懂")
    if what.thing_kind and what.thing_kind not in set(ThingKind):
        wrong["thing_kind"] = _("没有这种设备")
    if what.property and not ObservedProperty.objects.filter(code=what.property).exists():
        wrong["property"] = _("没有这种观测项")
    if what.stream is not None:
        try:
            if not registry.stream(what.stream, by=by).place_path.startswith(what.place):
                wrong["stream"] = _("这条数据流不在选的地方")
        except Hidden:
            wrong["stream"] = _("没有这条数据流")
    elif not (what.property or what.thing_kind or what.spec.get("kind") == "combination"):
        wrong["property"] = _("选一种设备或一个观测项，不然所有读数都要过这条规则")
    if len(what.about) > 12:
        wrong["about"] = _("事件代码最多 12 位")
    if len(what.advice) > 400:
        wrong["advice"] = _("最多 400 个字")
    return wrong


@transaction.atomic
def new_version(rule_id: UUID, spec: dict[str, Any], *, by: Actor, seen: int | None = None) -> RuleVersion:
    """Put what a rule says anew; the version that is on stays on until this one is switched on.

    `seen`: the newest version that its writer saw. Raises Hidden, Refused, Invalid by field, Conflict (a newer one).
    """
    row = queries.lock(rule_id, by=by)
    authority.require(by, Can.RULES, at=row.place_path)
    checked(spec)
    if spec["kind"] != row.kind:
        raise Invalid({"spec.kind": _("规则的种类不能改，另拟一条")})
    newest = row.versions.aggregate(newest=Max("number"))["newest"] or 0
    if seen is not None and seen != newest:
        raise Conflict(_("别人刚拟了第 %d 版，打开最新的再改；你填的没有存") % newest)
    made = RuleVersion.objects.create(rule=row, number=newest + 1, spec=spec, made_by=by.pseudonym)
    row.version = made.number
    row.save(update_fields=["version"])
    ledger.record(Did.RULE_DRAFTED, row, by=by, name=row.name, number=made.number)
    return made


@transaction.atomic
def switch_on(rule_id: UUID, number: int, *, by: Actor, confirm: str = "") -> Rule:
    """Let a version judge from now on; another one that is on is switched off, by an entry of its own. Twice is once.

    A version that was never tried on the past asks for the rule's name typed (`confirm`). A version that was off is
    put anew under the next number: what was on when is never written over. Raises Hidden, Refused, Invalid (confirm).
    """
    row = queries.lock(rule_id, by=by)
    authority.require(by, Can.RULES, at=row.place_path)
    version = row.versions.filter(number=number).first()
    if version is None:
        raise Hidden(_("没有这一版"))
    if version.on_at and not version.off_at:
        return row
    if version.tried is None and confirm.strip() != row.name:
        raise Invalid({"confirm": _("这一版没有拿过去的数据试过。还是要启用，就把规则的名字照写一遍")})
    checked(version.spec)
    if row.state == RuleState.ON:
        _off(row, _("换成第 %d 版") % number, by)
    if version.off_at:
        number = (row.versions.aggregate(newest=Max("number"))["newest"] or 0) + 1
        version = RuleVersion.objects.create(
            rule=row, number=number, spec=version.spec, tried=version.tried, made_by=by.pseudonym
        )
    RULE.move(row, Did.RULE_ON, by=by)
    version.on_at = now()
    version.save(update_fields=["on_at"])
    row.version = number
    row.save(update_fields=["state", "version"])
    ledger.record(Did.RULE_ON, row, by=by, name=row.name, number=number)
    return row


@transaction.atomic
def switch_off(rule_id: UUID, reason: str, *, by: Actor) -> Rule:
    """Let a rule judge no longer; its alarms stay with whoever owes their verdict. Twice is once.

    Raises Hidden, Refused, Invalid (reason).
    """
    row = queries.lock(rule_id, by=by)
    authority.require(by, Can.RULES, at=row.place_path)
    if row.state != RuleState.ON:
        return row
    if not reason.strip():
        raise Invalid({"reason": _("写一句为什么停用")})
    _off(row, reason.strip()[:200], by)
    return row


def _off(row: Rule, reason: str, by: Actor) -> None:
    RULE.move(row, Did.RULE_OFF, by=by)
    row.save(update_fields=["state"])
    row.versions.filter(on_at__isnull=False, off_at=None).update(off_at=now())
    ledger.record(Did.RULE_OFF, row, by=by, name=row.name, opinion=reason)
