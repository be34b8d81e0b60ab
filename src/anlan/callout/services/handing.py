"""Handing messages to carriers: the receipt says `handing` with its key before the gateway is asked, `handed` after.

A worker that dies in between leaves `handing`; whoever runs the job again asks the gateway with the same keys. So a
gateway that honours keys sends nothing twice, and nobody is left out.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.utils.translation import gettext as _

from anlan.callout import role_words, tokens, wording
from anlan.callout.carriers import Carrier, GatewayDown, Handed, Message, address_of, discover
from anlan.callout.models import Call
from anlan.callout.services import channels, fanout, jobs_by_name, settling
from anlan.callout.services.settling import Sent
from anlan.callout.terms import INSTRUCTIONS, CallState, Genre, Part
from anlan.kernel.clock import local, now
from anlan.people import queries as people
from anlan.places import queries as places

PATIENCE = 0.5  # seconds of waiting for a rate limit that are not worth another job
_HASH = "SET LOCAL enable_nestloop = off"  # the planner has not yet heard of the rows of a minute ago
_GROUP_NIBBLE = "89ab"  # the variant digit of a first receipt's id says which group of carriers it belongs to

_FIRST = """
WITH made AS (
  INSERT INTO callout_receipt AS r (id, obligation_id, call_id, place_path, exercise_id, drill, carrier, fallback,
    attempt, state, made_at, handing_at, tries, reason, ref)
  SELECT {id}, o.id, o.call_id, o.place_path, o.exercise_id, o.drill, %(carrier)s, %(fallback)s,
    1, 'handing', %(now)s, %(now)s, 1, '', ''
  FROM callout_obligation o
  WHERE o.call_id = %(call)s AND o.id >= %(low)s AND o.id < %(high)s AND o.part = 'self' AND o.state IN ('open', 'told')
    AND {alive}
  ORDER BY o.id
  {conflict}
  RETURNING id, obligation_id, carrier, fallback, attempt
)
SELECT m.*, {columns} FROM made m JOIN callout_obligation o ON o.id = m.obligation_id
  AND o.id >= %(low)s AND o.id < %(high)s ORDER BY o.id"""
# A first run meets no receipt, and a plain INSERT is a third faster; if it does meet one, it fails and runs again.
_AGAIN = """ON CONFLICT (id) DO UPDATE SET state = 'handing', handing_at = excluded.handing_at, tries = r.tries + 1
  WHERE r.state IN ('queued', 'handing')"""
_COLUMNS = """o.number, o.person_id, o.role, o.post_title, o.place_path, o.part, o.weight, o.why, o.call_id, o.drill,
 o.state, o.link"""
_LATER = f"""
WITH taken AS (
  UPDATE callout_receipt r SET state = 'handing', handing_at = %(now)s, tries = r.tries + 1
  FROM (SELECT id FROM callout_receipt WHERE {{which}} AND (state = 'queued' OR (state = 'handing' AND %(again)s))
        ORDER BY id LIMIT %(limit)s FOR UPDATE SKIP LOCKED) p
  WHERE r.id = p.id AND r.id >= %(low)s AND r.id <= %(high)s
  RETURNING r.id, r.obligation_id, r.carrier, r.fallback, r.attempt
)
SELECT t.*, {_COLUMNS} FROM taken t JOIN callout_obligation o ON o.id = t.obligation_id ORDER BY t.id"""


def first(call_id: UUID, low: UUID, high: UUID, group: int, *, again: bool, reserved: bool = False) -> int:
    """Hand over the first round to the persons with ids low … below high, by the `group`-th round of carriers.

    Returns how many.

    `again` says that an earlier run of the same job died: what it had in hand is asked once more. `reserved` says that
    it has waited for the carrier's rate limit already.
    """
    call = Call.objects.get(id=call_id)
    if call.state != CallState.RUNNING:
        return 0
    sends = channels.rounds(call.policy["send"], drill=call.drill)
    if not sends and group == 0:
        return settling.nobody(call, low, high, nibble(group), reason="no_carrier")
    if group >= len(sends):
        return 0
    usable = sends[group]
    carrier, fallback = usable[0], ",".join(usable[1:])
    found = discover()[carrier]
    alive = "NOT o.dead" if found.needs == "phone" else "true"
    if not reserved and (delay := channels.reserve(carrier, _expected(call, found, low, high))) > PATIENCE:
        jobs_by_name.later(
            "callout.hand", at=channels.soon(delay), priority=30,
            call=str(call_id), low=str(low), high=str(high), group=group, reserved=True,
        )  # fmt: skip
        return 0
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_HASH)
        cursor.execute(
            _FIRST.format(id=nibble(group), alive=alive, columns=_COLUMNS, conflict=_AGAIN if again else ""),
            {
                "call": call_id,
                "low": low,
                "high": high,
                "carrier": carrier,
                "fallback": fallback,
                "now": now(),
            },
        )
        rows = cursor.fetchall()
    if found.needs == "phone":
        settling.nobody(call, low, high, nibble(group), reason="dead", only_dead=True, instead=usable[1:])
    return _send(rows, {call_id: call})


def nibble(group: int) -> str:
    """Return the SQL of a first receipt's id: the obligation's own for group 0, a sibling of it for the others."""
    return "o.id" if group == 0 else f"overlay(o.id::text PLACING '{_GROUP_NIBBLE[group]}' FROM 20 FOR 1)::uuid"


def later(low: UUID, high: UUID, *, again: bool, limit: int = 5000, reserved: bool = False) -> int:
    """Hand over the queued receipts with ids low … high (both included). Returns how many were asked."""
    if not reserved and (delay := _reserve(low, high)) > PATIENCE:
        jobs_by_name.later(
            "callout.hand-later", at=channels.soon(delay), priority=25, low=str(low), high=str(high), reserved=True
        )
        return 0
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_HASH)
        cursor.execute(
            _LATER.format(which="id >= %(low)s AND id <= %(high)s"),
            {"low": low, "high": high, "now": now(), "again": again, "limit": limit},
        )
        rows = cursor.fetchall()
        if len(rows) == limit:
            jobs_by_name.later("callout.hand-later", priority=25, low=str(rows[-1][0]), high=str(high))
    calls = Call.objects.in_bulk({r[13] for r in rows if r[13] is not None})
    wanted = [r for r in rows if _still_wanted(r, calls)]
    settling.not_needed([r[0] for r in rows if not _still_wanted(r, calls)])
    return _send(wanted, calls)


def _still_wanted(row: Sequence[Any], calls: dict[UUID, Call]) -> bool:
    call = calls.get(row[13])
    return row[15] in {"open", "told"} and (row[13] is None or (call is not None and call.state == CallState.RUNNING))


def _send(rows: Sequence[Sequence[Any]], calls: dict[UUID, Call]) -> int:
    """Ask each row's carrier, in the order given, and settle what it says."""
    by_carrier: dict[str, list[Sequence[Any]]] = {}
    for row in rows:
        by_carrier.setdefault(row[2], []).append(row)
    for name, mine in by_carrier.items():
        carrier = discover()[name]
        for at in range(0, len(mine), carrier.chunk):
            part = mine[at : at + carrier.chunk]
            settling.settle(name, _ask(carrier, part, calls))
    return len(rows)


def _ask(carrier: Carrier, rows: Sequence[Sequence[Any]], calls: dict[UUID, Call]) -> list[Sent]:
    """Hand one batch over. A drill that has got this far toward a real carrier is stopped here (the third guard)."""
    drills = [r for r in rows if (r[14] or (r[13] is not None and calls[r[13]].drill)) and not channels.safe(carrier)]
    if drills:
        return [Sent(r, None, "drill") for r in rows]
    batch, unreachable, kept = _messages(carrier, rows, calls)
    if not batch:
        return unreachable
    try:
        said = carrier.send_many(batch, channels.settings_of(carrier.name))
    except GatewayDown as down:
        channels.failed(carrier.name, str(down))
        return unreachable + [Sent(row, None, "gateway") for row in kept]
    channels.worked(carrier.name)
    if len(said) == len(batch) and all(h.key is m.key for h, m in zip(said, batch, strict=True)):
        return unreachable + [Sent(row, h, "") for row, h in zip(kept, said, strict=True)]
    by_key = {h.key: h for h in said}
    silent = Handed(batch[0].key, ok=False, reason="no_word", again=True)
    return unreachable + [Sent(row, by_key.get(row[0], silent), "") for row in kept]


def _messages(
    carrier: Carrier, rows: Sequence[Sequence[Any]], calls: dict[UUID, Call]
) -> tuple[list[Message], list[Sent], list[Sequence[Any]]]:
    """Return the messages, whom the carrier has no address of, and the rows of the messages."""
    here = _here(rows, calls)
    if not carrier.needs:
        return [_message(row, calls.get(row[13]), "", "", here.get(row[9], "")) for row in rows], [], list(rows)
    reachable = people.reachable(carrier.needs, [r[6] for r in rows])
    batch, unreachable, kept = [], [], []
    for row in rows:
        found = reachable.get(row[6])
        if found is None:
            unreachable.append(Sent(row, None, "no_address"))
            continue
        kept.append(row)
        batch.append(_message(row, calls.get(row[13]), found.address, found.name, here.get(row[9], "")))
    return batch, unreachable, kept


def _here(rows: Sequence[Sequence[Any]], calls: dict[UUID, Call]) -> dict[str, str]:
    """Return the names of the rows' places, where some call's words for a role name the place."""
    wanted = {c.id for c in calls.values() if any(role_words.HERE in own for own in c.instructions.values())}
    return places.names({r[9] for r in rows if r[13] in wanted}) if wanted else {}


def _message(row: Sequence[Any], call: Call | None, address: str, name: str, place: str) -> Message:
    (
        key,
        obligation,
        _carrier,
        _fallback,
        attempt,
        number,
        person,
        role,
        post_title,
        path,
        part,
        _weight,
        why,
        call_id,
        drill,
        state,
        link,
    ) = row
    genre = call.genre if call is not None else ""
    if call is None:
        # A duty of another context is met by doing it: no key and no reply would be taken for that.
        title, body, level, hazard, kind, needs, listened = why, why, "", "", "first", False, 20
    elif genre == Genre.CHECK:
        title, body, level, hazard, kind = wording.question(post_title, name), "", "", "", call.kind
        name, needs, listened = "", state == "open", call.policy["listened"]
    else:
        title, level, hazard, kind = call.title, call.level, call.hazard, call.kind
        if part == Part.RESULT and call.result_due is not None:
            why = _("还没报结果，最晚 {at}。").format(at=f"{local(call.result_due):%m月%d日 %H:%M}")
        own = role_words.here(call.instructions.get(role, "") if part != Part.COPY else "", place)
        body = wording.addressed(call.body, own, why, first=call.directive in INSTRUCTIONS)
        needs, listened = state == "open" and part != Part.RESULT, call.policy["listened"]
    asks = call is not None and state != "void" and part not in {Part.COPY, Part.SUPERIOR} and fanout.owes_result(call)
    address_of = f"/a/{tokens.mint(number, obligation)}" if call_id or not link else link
    wanted = needs or asks or (call is None and state == "open")
    link = "" if not wanted else settings.PUBLIC_URL + address_of if address_of.startswith("/") else address_of
    return Message(
        key, address, title, body, link, level, hazard, name, post_title, role, path, person, obligation, call_id, kind,
        attempt, needs, listened, drill, genre, asks,
    )  # fmt: skip


def _expected(call: Call, carrier: Carrier, low: UUID, high: UUID) -> int:
    """Return how many of a range of persons a carrier will be asked for: whoever has no account waits for no limit."""
    kind = address_of(carrier)
    if kind is None or not channels.limited(carrier.name):
        return fanout.number_of(high) - fanout.number_of(low)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT person_id FROM callout_obligation WHERE call_id = %s AND id >= %s AND id < %s AND part = 'self'",
            [call.id, low, high],
        )
        return people.count_reachable(kind.kind, [row[0] for row in cursor.fetchall()])


def _reserve(low: UUID, high: UUID) -> float:
    """Book the queued receipts of a range with their carriers; returns in how many seconds the last may begin."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT r.carrier, count(*), array_agg(o.person_id) FROM callout_receipt r
               JOIN callout_obligation o ON o.id = r.obligation_id
               WHERE r.id >= %s AND r.id <= %s AND r.state = 'queued' GROUP BY 1""",
            [low, high],
        )
        rows = cursor.fetchall()
    delays = [0.0]
    for name, count, persons in rows:
        kind = address_of(discover()[name]) if channels.limited(name) else None
        delays.append(channels.reserve(name, people.count_reachable(kind.kind, persons) if kind else count))
    return max(delays)
