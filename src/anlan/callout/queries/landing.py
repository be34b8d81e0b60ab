"""What stands behind a personal link: the call, to whom, what they are to do, and what they have said so far."""

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

from anlan.callout import role_words, tokens, wording
from anlan.callout.models import Call, Obligation
from anlan.callout.terms import INSTRUCTIONS, RESULT, WORK, CallState, Directive, Genre, ObligationState, Part
from anlan.kernel.authority import Hidden
from anlan.people import queries as people
from anlan.places import queries as places


@dataclass(frozen=True, slots=True)
class Landing:
    """The answer page of one person. `stands`: open, answered, over (it ended first), told (nothing to answer).

    `news` is the newer call that took this one over, if there is one. `words` are the sentences of what to do.
    `result` is the result that is owed, too, and `result_due` by when.
    """

    obligation: UUID
    name: str
    post: str
    place: str
    title: str
    words: tuple[str, ...]
    level: str
    stands: str
    part: str
    drill: bool
    kind: str
    due_at: dt.datetime | None
    began_at: dt.datetime
    met_at: dt.datetime | None
    declined: bool
    by_other: bool
    ended_at: dt.datetime | None
    news: str
    ended_late: bool
    genre: str = ""
    directive: str = Directive.WARNING
    result: Obligation | None = None
    result_due: dt.datetime | None = None

    @property
    def took(self) -> float | None:
        """Seconds from the first call to the answer."""
        return (self.met_at - self.began_at).total_seconds() if self.met_at else None


def landing(token: str) -> Landing:
    """Return what a personal link opens. Raises Hidden for a link that we did not make."""
    row = find(token)
    call = Call.objects.filter(id=row.call_id).first() if row.call_id else None
    result = result_of(row)
    heir = Call.objects.filter(id=call.superseded_by).first() if call and call.superseded_by else None
    name = people.names([row.person_id]).get(row.person_id, "")
    checked = call is not None and call.genre == Genre.CHECK
    return Landing(
        obligation=row.id,
        name=name,
        post=row.post_title,
        place=places.names([row.place_path]).get(row.place_path, ""),
        title=wording.question(row.post_title, name) if checked else call.title if call else row.why,
        words=words_of(row, call),
        level=call.level if call else "",
        stands=_stands(row, call),
        part=row.part,
        drill=row.drill,
        kind=call.kind if call else "first",
        due_at=row.due_at,
        began_at=row.began_at,
        met_at=row.met_at or row.late_at,
        declined=row.declined,
        by_other=row.met_at is not None and row.met_by is not None and row.met_by != row.pseudonym,
        ended_at=call.ended_at if call else None,
        news=heir.title if heir else "",
        ended_late=row.met_at is None and row.late_at is not None,
        genre=call.genre if call else "",
        directive=call.directive if call else Directive.WARNING,
        result=result,
        result_due=result.due_at if result else None,
    )


def result_of(row: Obligation) -> Obligation | None:
    """Return the result that is owed beside a person's own row, or the row itself where it is one."""
    if row.did == RESULT:
        return row
    if row.directive not in WORK or row.part != Part.SELF:
        return None
    return Obligation.objects.filter(stands_for=row.id, part=Part.RESULT).first()


def find(token: str) -> Obligation:
    """Return the obligation a token proves. Raises Hidden."""
    read = tokens.read(token)
    rows = Obligation.objects.filter(number=read[0]) if read else ()
    for row in rows:
        if read and tokens.proves(read[1], row.id):
            return row
    raise Hidden(token)


def words_of(row: Obligation, call: Call | None, place: str | None = None) -> tuple[str, ...]:
    """Return the sentences of what somebody is to do: an instruction says it first, a warning the news first.

    `place` is the name of the row's place, where the caller has it already.
    """
    if call is None:
        return (row.why,)
    if call.genre == Genre.CHECK:
        return ()
    if place is None:
        place = places.names([row.place_path]).get(row.place_path, "")
    own = role_words.here(call.instructions.get(row.role, "") if row.part != Part.COPY else "", place)
    instruction = call.directive in INSTRUCTIONS
    why = row.why if row.part != Part.SELF or instruction else ""
    said = wording.addressed(call.body, own, why, first=instruction)
    return tuple(line.strip() for line in said.splitlines() if line.strip())


def _stands(row: Obligation, call: Call | None) -> str:
    if row.did != RESULT and (row.met_at is not None or row.late_at is not None):
        return "answered"
    if row.state == ObligationState.TOLD:
        return "told"
    if row.did == RESULT:
        return "told" if call is not None and call.state == CallState.RUNNING else "over"
    over = row.state != ObligationState.OPEN or (call is not None and call.state != CallState.RUNNING)
    return "over" if over else "open"
