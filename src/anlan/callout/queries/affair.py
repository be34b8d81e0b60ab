"""The calls of one affair, for the contexts above that prepare them; what a call's words become on each carrier."""

from dataclasses import dataclass
from uuid import UUID

from anlan.callout import ladder, segments, wording
from anlan.callout.models import Call
from anlan.callout.terms import CallState, Can
from anlan.kernel import authority
from anlan.kernel.authority import Actor, Hidden

LIVE = (CallState.DRAFT, CallState.AWAITING, CallState.APPROVED, CallState.RUNNING)


def call(call_id: UUID, *, by: Actor) -> Call:
    """Return a call that the actor may see. Raises Hidden."""
    found = Call.objects.filter(id=call_id).first()
    if found is None or not authority.holds(by, Can.SEE, at=found.place_path):
        raise Hidden(str(call_id))
    return found


def live(chain: UUID, *, lock: bool = False) -> list[Call]:
    """Return the calls of an affair that are not over, the newest first."""
    rows = Call.objects.filter(chain_id=chain, state__in=LIVE).order_by("-id")
    return list(rows.select_for_update() if lock else rows)


def of_chain(chain: UUID) -> list[Call]:
    """Return every call of an affair, the newest first."""
    return list(Call.objects.filter(chain_id=chain).order_by("-id")[:100])


@dataclass(frozen=True, slots=True)
class Said:
    """What one kind of carrier says: its text, and how much that is."""

    carrier: str
    text: str
    seconds: int = 0
    units: int = 0
    segments: int = 0


def said(title: str, body: str, *, name: str, drill: bool, needs_answer: bool = True) -> list[Said]:
    """Return what a person will hear and read, as it leaves: voice with its length, short message with its segments."""
    voice = wording.voice(title, body, name=name, needs_answer=needs_answer, drill=drill)
    text = wording.sms(title, body, needs_answer=needs_answer, drill=drill)
    return [
        Said("voice", voice, seconds=wording.speaking_seconds(voice), units=segments.units(voice)),
        Said("sms", text.text, units=text.units, segments=text.segments),
    ]


def steps_of(found: Call) -> list[tuple[str, int]]:
    """Return the ladder of a call as (act, seconds after the first call)."""
    return [(str(step.act), step.at) for step in ladder.steps(found.policy.get("ladder"))]


def alerts_of(call_ids: list[UUID]) -> list[UUID]:
    """Return the alerts for which these calls were made."""
    rows = Call.objects.filter(id__in=call_ids, alert_id__isnull=False)
    return [one for one in rows.values_list("alert_id", flat=True).distinct() if one is not None]
