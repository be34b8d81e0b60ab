"""Who stands for the silent: the B岗 of each, the superior of many (one call that says how many)."""

import datetime as dt
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext as _

from anlan.callout.models import Call
from anlan.callout.services import channels, settling
from anlan.callout.terms import ANSWER, RESULT
from anlan.kernel.ids import uuid7s
from anlan.people import queries as people

_INSERT = """
INSERT INTO callout_obligation (id, subject_type, subject_id, call_id, did, part, stands_for, person_id, pseudonym,
  post, post_title, role, rank, place_path, why, link, weight, began_at, due_at, next_at, step, rung, tries, state,
  dead, met_how, met_part, declined, receipt_id, chain_id, exercise_id, drill, directive)
SELECT q.id, 'callout.call', %(call)s, %(call)s, %(did)s, %(part)s, q.stands_for, q.person, q.pseudonym, q.post,
  q.post_title, q.role, q.rank, q.path, q.why, '', q.weight, %(now)s, %(due)s, NULL, 0, 'self', 1,
  'open', false, '', '', false, NULL, %(chain)s, %(exercise)s, %(drill)s,
  %(directive)s
FROM unnest(%(ids)s::uuid[], %(stands)s::uuid[], %(persons)s::uuid[], %(pseudonyms)s::uuid[], %(posts)s::uuid[],
  %(titles)s::text[], %(roles)s::text[], %(ranks)s::int[], %(paths)s::text[], %(whys)s::text[], %(weights)s::int[])
  AS q (id, stands_for, person, pseudonym, post, post_title, role, rank, path, why, weight)
"""


@dataclass(frozen=True, slots=True)
class Silent:
    """An obligation that has reached a rung."""

    id: UUID
    place_path: str
    deputy: UUID | None
    superior: UUID | None
    post: UUID | None
    post_title: str
    role: str
    rank: int


def call_deputies(call: Call, silent: Sequence[Silent], moment: dt.datetime, *, did: str = ANSWER) -> list[UUID]:
    """Call the B岗 of each silent person, who then owes the same (`did`); returns those who have none."""
    have = [s for s in silent if s.deputy is not None]
    if have:
        pseudonyms = people.pseudonyms({s.deputy for s in have if s.deputy})
        have = [s for s in have if s.deputy in pseudonyms]
        words = _("您是「{post}」的B岗，A岗没有应，请您代应")
        if did == RESULT:
            words = _("您是「{post}」的B岗，A岗到时间没报结果，请您去办，办完报结果")
        rows = [
            (s.id, s.deputy, pseudonyms[s.deputy], s.post, s.post_title, s.role, s.rank, s.place_path,
             words.format(post=s.post_title), 0)
            for s in have if s.deputy
        ]  # fmt: skip
        _lay(call, "deputy", rows, moment, did)
    called = {s.id for s in have}
    return [s.id for s in silent if s.id not in called]


def call_superiors(
    call: Call, silent: Sequence[Silent], moment: dt.datetime, *, did: str = ANSWER, refused: bool = False
) -> int:
    """Call each superior once, saying how many of theirs are silent; one who is called already gets the new number.

    A superior owes an answer, whatever theirs owe: an answer, a result (`did`), or what they have `refused`.
    """
    say = _refused if refused else _undone if did == RESULT else _above
    number = Counter(s.superior for s in silent if s.superior is not None)
    if not number:
        return 0
    answering = people.answering(sorted(number))
    weights: Counter[UUID] = Counter()
    targets = {}
    for post, n in number.items():
        target = answering.get(post)
        if target is not None:
            weights[target.person_id] += n
            targets[target.person_id] = target
    known = _heavier(call, weights, say)
    rows = [
        (None, t.person_id, t.pseudonym, t.post_id, t.post_title, t.role_code, t.rank, t.place_path,
         say(weights[p]), weights[p])
        for p, t in targets.items() if p not in known
    ]  # fmt: skip
    _lay(call, "superior", rows, moment)
    return len(rows)


def _heavier(call: Call, weights: Counter[UUID], say: Callable[[int], str]) -> set[UUID]:
    """Add to the number that superiors already called are told of; returns who they are."""
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE callout_obligation o SET weight = o.weight + q.n
               FROM unnest(%s::uuid[], %s::int[]) AS q (person, n)
               WHERE o.call_id = %s AND o.part = 'superior' AND o.state = 'open' AND o.person_id = q.person
               RETURNING o.id, o.person_id, o.weight""",
            [list(weights), list(weights.values()), call.id],
        )
        rows = cursor.fetchall()
        cursor.execute(
            """UPDATE callout_obligation o SET why = q.why FROM unnest(%s::uuid[], %s::text[]) AS q (id, why)
               WHERE o.id = q.id""",
            [[r[0] for r in rows], [say(r[2]) for r in rows]],
        )
    return {row[1] for row in rows}


def _above(n: int) -> str:
    return _("您管的人里有 {n} 人没有应，请马上催，叫不到的派人上门").format(n=n)


def _undone(n: int) -> str:
    return _("您管的人里有 {n} 人到时间没报结果，请马上催").format(n=n)


def _refused(n: int) -> str:
    return _("您管的人里有 {n} 人说不办，请看他们写的原因，定下来谁办").format(n=n)


def _lay(call: Call, part: str, rows: Sequence[tuple[Any, ...]], moment: dt.datetime, did: str = ANSWER) -> None:
    if not rows:
        return
    ids = uuid7s(len(rows))
    names = ("stands", "persons", "pseudonyms", "posts", "titles", "roles", "ranks", "paths", "whys", "weights")
    with connection.cursor() as cursor:
        cursor.execute(
            _INSERT,
            dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))
            | {
                "ids": ids, "call": call.id, "did": did, "directive": call.directive, "part": part, "now": moment,
                "due": moment + dt.timedelta(seconds=call.policy["answer_within"]), "chain": call.chain_id,
                "exercise": call.exercise_id, "drill": call.drill,
            },
        )  # fmt: skip
    for usable in channels.rounds(call.policy["send"], drill=call.drill):
        settling.queue([(i, usable[0], ",".join(usable[1:]), 1) for i in ids], moment)


def call_deputy_now(call: Call, obligation: Silent, moment: dt.datetime) -> bool:
    """Call the B岗 of somebody who heard and cannot go. Returns whether there is one."""
    return not call_deputies(call, [obligation], moment)
