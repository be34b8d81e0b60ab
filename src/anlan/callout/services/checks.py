"""Rounds of checks: started for a place and a quarter, paused, gone on with, stopped (TEA-01, domain-facts B13)."""

from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from anlan.callout import hours
from anlan.callout.models import Call, Round
from anlan.callout.services import asked, calls, jobs_by_name
from anlan.callout.terms import CallState, Can, Did, Genre, RoundState
from anlan.kernel import authority
from anlan.kernel.authority import Actor, Conflict, Hidden, Invalid
from anlan.kernel.clock import local, now
from anlan.ledger import services as ledger
from anlan.places import queries as places


@transaction.atomic
def start(place_path: str, *, by: Actor) -> Round:
    """Begin this quarter's check of a place. Raises Refused, Hidden, Conflict (there is one; or in an exercise)."""
    authority.require(by, Can.CHECK, at=place_path)
    places.by_path(place_path)
    not_in_a_drill(by)
    settings, today = asked.settings(), local(now()).date()
    made = Round(
        place_path=place_path, quarter=hours.quarter(today), settings=settings,
        last_day=hours.last_day(today, settings["days"]), started_by=by.pseudonym,
    )  # fmt: skip
    try:
        with transaction.atomic():
            made.save(force_insert=True)
    except IntegrityError:
        raise Conflict(_("这个地方这个季度已经在核，或者核完了")) from None
    ledger.record(Did.ROUND_STARTED, made, by=by, quarter=made.quarter, last_day=str(made.last_day))
    jobs_by_name.later("callout.check-lay", priority=5, round=str(made.id))
    return made


def not_in_a_drill(by: Actor) -> None:
    """Refuse in an exercise: a question about a real number is no drill. Raises Conflict."""
    if by.exercise is not None:
        raise Conflict(_("演练里不核号码、不做联络测试；退出演练再来"))


def lock(round_id: UUID, *, by: Actor) -> Round:
    """Return a round under lock. Raises Hidden, Refused."""
    found = Round.objects.select_for_update().filter(id=round_id).first()
    if found is None or not authority.holds(by, Can.SEE, at=found.place_path):
        raise Hidden(str(round_id))
    authority.require(by, Can.CHECK, at=found.place_path)
    return found


@transaction.atomic
def pause(round_id: UUID, *, by: Actor) -> Round:
    """Ask nobody more until it is gone on with; whoever was asked and is silent is asked anew then. Twice is once."""
    found = lock(round_id, by=by)
    if found.state == RoundState.PAUSED:
        return found
    _from(found, RoundState.RUNNING)
    found.state, found.paused_at = RoundState.PAUSED, now()
    found.save(update_fields=["state", "paused_at"])
    ledger.record(Did.ROUND_PAUSED, found, by=by)
    hang_up(found.id, _("核号码暂停了"))
    return found


@transaction.atomic
def resume(round_id: UUID, *, by: Actor) -> Round:
    """Go on with a paused round; its days are counted anew from where it stood. Twice is once."""
    found = lock(round_id, by=by)
    if found.state == RoundState.RUNNING:
        return found
    _from(found, RoundState.PAUSED)
    moment = now()
    lost = hours.workdays(local(found.paused_at or moment).date(), local(moment).date())
    found.state, found.paused_at, found.next_at = RoundState.RUNNING, None, moment
    found.last_day = hours.last_day(found.last_day, 1 + lost)
    found.save(update_fields=["state", "paused_at", "next_at", "last_day"])
    ledger.record(Did.ROUND_RESUMED, found, by=by)
    return found


@transaction.atomic
def stop(round_id: UUID, reason: str, *, by: Actor) -> Round:
    """Stop a round for good; what it found stays, and another may be started. Raises Invalid without a reason."""
    if not reason.strip():
        raise Invalid({"reason": _("写上为什么停")})
    found = lock(round_id, by=by)
    if found.state == RoundState.STOPPED:
        return found
    _from(found, RoundState.RUNNING, RoundState.PAUSED)
    found.state, found.ended_at = RoundState.STOPPED, now()
    found.save(update_fields=["state", "ended_at"])
    ledger.record(Did.ROUND_STOPPED, found, by=by, reason=reason.strip())
    hang_up(found.id, reason)
    return found


def _from(found: Round, *states: RoundState) -> None:
    if found.state not in states:
        raise Conflict(_("这一批已经不在核了"))


def hang_up(chain: UUID, reason: str) -> int:
    """Call off the batches of a round that still ring. Returns how many."""
    machine = authority.machine("callout.check")
    ringing = Call.objects.filter(chain_id=chain, genre=Genre.CHECK, state=CallState.RUNNING)
    ids = list(ringing.values_list("id", flat=True))
    for identifier in ids:
        calls.cancel(identifier, reason, by=machine, tell=False)
    return len(ids)
