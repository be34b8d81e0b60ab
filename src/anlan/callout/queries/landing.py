"""What stands behind a personal link: the call, to whom, what they are to do, and what they have said so far."""

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

from anlan.callout import tokens, wording
from anlan.callout.models import Call, Obligation
from anlan.callout.terms import CallState, Genre, ObligationState, Part
from anlan.kernel.authority import Hidden
from anlan.people import queries as people
from anlan.places import queries as places


@dataclass(frozen=True, slots=True)
class Landing:
    """The answer page of one person. `stands`: open, answered, over (it ended first), told (nothing to answer).

    `news` is the newer call that took this one over, if there is one. `words` are the sentences of what to do.
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

    @property
    def took(self) -> float | None:
        """Seconds from the first call to the answer."""
        return (self.met_at - self.began_at).total_seconds() if self.met_at else None


def landing(token: str) -> Landing:
    """Return what a personal link opens. Raises Hidden for a link that we did not make."""
    row = find(token)
    call = Call.objects.filter(id=row.call_id).first() if row.call_id else None
    heir = Call.objects.filter(id=call.superseded_by).first() if call and call.superseded_by else None
    name = people.names([row.person_id]).get(row.person_id, "")
    checked = call is not None and call.genre == Genre.CHECK
    return Landing(
        obligation=row.id,
        name=name,
        post=row.post_title,
        place=places.names([row.place_path]).get(row.place_path, ""),
        title=wording.question(row.post_title, name) if checked else call.title if call else row.why,
        words=_words(row, call),
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
    )


def find(token: str) -> Obligation:
    """Return the obligation a token proves. Raises Hidden."""
    read = tokens.read(token)
    rows = Obligation.objects.filter(number=read[0]) if read else ()
    for row in rows:
        if read and tokens.proves(read[1], row.id):
            return row
    raise Hidden(token)


def _words(row: Obligation, call: Call | None) -> tuple[str, ...]:
    if call is None:
        return (row.why,)
    if call.genre == Genre.CHECK:
        return ()
    own = call.instructions.get(row.role, "")
    said = [row.why if row.part != Part.SELF else "", call.body, own]
    return tuple(line.strip() for part in said for line in part.splitlines() if line.strip())


def _stands(row: Obligation, call: Call | None) -> str:
    if row.met_at is not None or row.late_at is not None:
        return "answered"
    if row.state == ObligationState.TOLD:
        return "told"
    over = row.state != ObligationState.OPEN or (call is not None and call.state != CallState.RUNNING)
    return "over" if over else "open"
