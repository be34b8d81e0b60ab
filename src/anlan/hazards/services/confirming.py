"""Somebody looks at it: it is a hazard, of this grade; or it is none; or the grade was wrong."""

from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from anlan.hazards.models import Hazard
from anlan.hazards.queries import GRADED, library
from anlan.hazards.services import acting, clock, duties
from anlan.hazards.terms import GRADE_NAMES, Can, Did, Grade
from anlan.kernel import authority
from anlan.kernel.authority import Actor, Invalid


@transaction.atomic
def confirm(
    hazard_id: UUID,
    *,
    grade: str,
    limit: str = "",
    kind: str = "",
    basis: str = "",
    opinion: str = "",
    by: Actor,
    revision: int | None = None,
) -> Hazard:
    """It is one: `grade` general or major; `limit` and `kind` may be put right, `basis` names the rule it breaks.

    The clock of rectification starts with the assignment. Raises Hidden, Refused, Conflict, Invalid.
    """
    found = acting.hold(hazard_id, by=by, revision=revision)
    apply(found, grade=grade, limit=limit, kind=kind, basis=basis, opinion=opinion, by=by)
    acting.keep(found)
    note(found, by=by)
    duties.assign(found, by=by)
    return found


def apply(found: Hazard, *, grade: str, limit: str, kind: str, basis: str, opinion: str, by: Actor) -> None:
    """Take the step on a locked row, storing nothing."""
    if grade not in {Grade.GENERAL, Grade.MAJOR}:
        raise Invalid({"grade": _("定一下级：一般或者重大")})
    chosen = clock.choose(limit, grade)
    acting.move(found, Did.CONFIRMED, by=by)
    acting.sign(found, "confirmed", by=by, can=Can.CONFIRM)
    if kind and kind != found.kind:
        _rename(found, kind)
    found.grade, found.limit, found.graded_by = grade, chosen, by.pseudonym
    found.basis, found.opinion = basis.strip()[:200], acting.said(opinion, needed=False)


def note(found: Hazard, *, by: Actor) -> None:
    """Leave the entry of a confirmation: who follows major hazards reads its `grade`."""
    words = found.opinion or str(GRADE_NAMES[Grade(found.grade)])
    acting.record(
        Did.CONFIRMED, found, by=by, grade=found.grade, limit=found.limit, what=found.kind, basis=found.basis,
        opinion=words,
    )  # fmt: skip
    duties.met(found, Did.CONFIRMED, by=by)


def _rename(found: Hazard, code: str) -> None:
    kind = library.kind(code)
    if kind is None:
        raise Invalid({"kind": _("没有这一类，从列出来的里面选")})
    found.kind, found.kind_version, found.trade = kind.code, kind.version, kind.trade


@transaction.atomic
def reject(hazard_id: UUID, opinion: str, *, by: Actor, revision: int | None = None) -> Hazard:
    """It is none; whoever reported it is told why, and so is each whose report was merged into it."""
    reason = acting.said(opinion)
    found = acting.hold(hazard_id, by=by, revision=revision)
    acting.unsupervised(found)
    acting.move(found, Did.REJECTED, by=by)
    found.opinion = reason
    clock.clear(found)
    acting.keep(found)
    acting.record(Did.REJECTED, found, by=by, opinion=reason)
    duties.met(found, Did.CONFIRMED, by=by)
    duties.free(found, _("看过了，不算隐患"), by=by)
    duties.drop_upward(found, _("看过了，不算隐患"), by=by)
    words = _("看过了，不算隐患：{said}。谢谢你先报，看错了不要紧。").format(said=reason.rstrip("。"))
    duties.tell_everybody(found, words, by=by)
    return found


@transaction.atomic
def reconsider(hazard_id: UUID, opinion: str, *, by: Actor, revision: int | None = None) -> Hazard:
    """Look at it once more: whoever rejected it erred, or something new came."""
    reason = acting.said(opinion)
    found = acting.hold(hazard_id, by=by, revision=revision)
    acting.move(found, Did.RECONSIDERED, by=by)
    acting.unsign(found, "confirmed", "assigned")
    found.grade, found.limit, found.graded_by, found.opinion = Grade.UNSET, "", None, reason
    acting.keep(found)
    acting.record(Did.RECONSIDERED, found, by=by, opinion=reason)
    duties.confirm(found, by=by)
    duties.tell_everybody(found, _("在重新看。"), by=by)
    return found


@transaction.atomic
def regrade(hazard_id: UUID, grade: str, opinion: str, *, by: Actor, revision: int | None = None) -> Hazard:
    """Put the grade right. Down from major takes whoever may approve: a community does not lower it by itself.

    Raises Hidden, Refused, Conflict, Invalid.
    """
    reason = acting.said(opinion)
    found = acting.hold(hazard_id, by=by, revision=revision)
    acting.within(found, *GRADED)
    authority.require(by, Can.CONFIRM, at=found.place_path)
    if grade not in {Grade.GENERAL, Grade.MAJOR} or grade == found.grade:
        raise Invalid({"grade": _("选一个和现在不同的级：一般或者重大")})
    if grade == Grade.GENERAL:
        authority.require(by, Can.APPROVE, at=found.place_path)
    before, found.grade, found.graded_by, found.opinion = found.grade, grade, by.pseudonym, reason
    acting.keep(found)
    acting.record(Did.REGRADED, found, by=by, grade=grade, before=before, opinion=reason)
    if grade != Grade.MAJOR:
        duties.drop_upward(found, _("不再是重大隐患"), by=by)
    return found
