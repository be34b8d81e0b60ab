"""What gateways report, taken in: answers to the ladder, receipts forward, and what nobody can place to a queue."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
from django.conf import settings
from django.db import connection, transaction

from anlan.callout import events, sealing
from anlan.callout.carriers import Callback, Heard, Reply, discover, tuning
from anlan.callout.events import Parsed, Word
from anlan.callout.models import Carrier, Nonce, Unmatched
from anlan.callout.replies import Meaning
from anlan.callout.services import answers, following, receipts
from anlan.callout.signing import WINDOW, Proof
from anlan.callout.terms import Answer, How, Outcome, Result
from anlan.kernel import clock
from anlan.kernel.authority import Conflict, Hidden
from anlan.people import queries as people

REPLY_WITHIN = dt.timedelta(hours=24)  # a word without a key answers what was sent to its number this recently


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of one request: how many did something, how many had done it before, how many wait for a person.

    `words` are the sentences for whoever answered, in the order of the answers.
    """

    accepted: int
    repeated: int
    unplaced: int
    faults: tuple[tuple[int, str], ...] = ()
    words: tuple[str, ...] = ()


def secret_of(carrier: str) -> str:
    """Return the secret that a carrier's gateway signs with. Raises Hidden where nothing may call back."""
    found = discover().get(carrier)
    fields = getattr(found, "fields", ())
    row = Carrier.objects.filter(name=carrier, enabled=True).first()
    if row is None or hasattr(found, "hear") or not any(f.name == "secret" for f in fields):
        raise Hidden(carrier)
    secret: str = tuning.opened(fields, row.settings)["secret"]
    if not secret:
        raise Hidden(carrier)
    return secret


def hears(carrier: str) -> bool:
    """Say whether a carrier's service calls back in a form of its own."""
    return hasattr(discover().get(carrier), "hear")


def hear(carrier: str, callback: Callback) -> Reply:
    """Take in a callback in the service's own form. Raises Hidden, Forged, events.Unreadable.

    One that comes a second time is answered as the first was, and changes nothing: each event names one message, whose
    answer counts once.
    """
    found: Any = discover().get(carrier)
    row = Carrier.objects.filter(name=carrier, enabled=True).first()
    if row is None or not hears(carrier):
        raise Hidden(carrier)
    heard: Heard = found.hear(callback, row.settings)
    if not heard.events:
        return heard.reply("")
    taken = take(carrier, {"events": _named(carrier, heard.events)}, proof=None)
    return heard.reply(taken.words[0] if taken.words else "")


def _named(carrier: str, heard: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Put our own key where a service names a message by its id. What tells of a message we do not follow is dropped:
    it was a test, went to many at once, or is older than a day, and nothing hangs on who read it.
    """
    refs = [str(event["ref"]) for event in heard if "ref" in event]
    keys = following.resolve(carrier, refs) if refs else {}
    return [
        {**event, "id": str(keys[event["ref"]])} if "ref" in event else dict(event)
        for event in heard
        if "ref" not in event or event["ref"] in keys
    ]


@transaction.atomic
def take(carrier: str, payload: Any, *, proof: Proof | None) -> Taken:
    """Take one request in: nothing of it, or all. Raises events.Unreadable, Conflict for a signature used before.

    `proof` is what the signature carried; None for the simulated carrier, which is ourselves, and for a service whose
    own form was checked. The nonce is kept in the
    same transaction, so that a request which failed may be sent again as it is.
    """
    if proof is not None:
        _once(carrier, proof)
    found: Any = discover().get(carrier)
    if hasattr(found, "take"):
        changed, same, wrong = found.take(payload)
        lost = [_unread(carrier, events.Fault(index, said, payload["events"][index])) for index, said in wrong]
        Unmatched.objects.bulk_create(lost, ignore_conflicts=True)
        return Taken(changed, same, len(lost), tuple(wrong))
    parsed = events.read(carrier, payload, now=clock.now())
    known = _hold(parsed)
    replied, unplaced = _owners(carrier, parsed.replies)
    reports = [r for r in parsed.reports if r.receipt in known]
    given = [a for a in parsed.answers if a.receipt in known] + replied
    receipts.report_many(reports)
    outcomes = answers.answer_many(given)
    unplaced += [
        _row(carrier, a.ref, "unclear", parsed, about=o)
        for a, o in zip(given, outcomes, strict=True)
        if a.finish and o.result is Result.NOT_AN_ANSWER
    ]
    strange = {a.ref for a in parsed.answers if a.receipt not in known}
    strange |= {r.ref for r in parsed.reports if r.receipt not in known}
    unplaced += [_row(carrier, ref, "unknown_id", parsed) for ref in sorted(strange)]
    unplaced += [_unread(carrier, fault) for fault in parsed.faults]
    Unmatched.objects.bulk_create(unplaced, ignore_conflicts=True)
    repeated = sum(o.result is Result.REPEAT for o in outcomes)
    faults = tuple((f.index, f.wrong) for f in parsed.faults)
    words = tuple(o.words for o in outcomes)
    return Taken(parsed.total - repeated - len(unplaced), repeated, len(unplaced), faults, words)


def _hold(parsed: Parsed) -> dict[UUID, UUID]:
    """Return the obligation of each key that we gave out, all of them locked in order: reports and answers of one
    request touch the same rows, and two requests at once must not wait for each other crosswise.
    """
    keys = {r.receipt for r in parsed.reports} | {a.receipt for a in parsed.answers if a.receipt is not None}
    if not keys:
        return {}
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, obligation_id FROM callout_receipt WHERE id = ANY(%s)", [sorted(keys)])
        known = dict(cursor.fetchall())
        cursor.execute(
            "SELECT id FROM callout_obligation WHERE id = ANY(%s) ORDER BY id FOR UPDATE", [sorted(set(known.values()))]
        )
    return known


def _once(carrier: str, proof: Proof) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO callout_nonce (id, carrier, nonce, at) VALUES (gen_random_uuid(), %s, %s, %s) "
            "ON CONFLICT (carrier, nonce) DO NOTHING",
            [carrier, proof.nonce, clock.now()],
        )
        if not cursor.rowcount:
            raise Conflict("replayed")


def forget_nonces() -> int:
    """Drop the nonces whose time is over. Returns how many."""
    return Nonce.objects.filter(at__lt=clock.now() - dt.timedelta(seconds=2 * WINDOW)).delete()[0]


# --- words that came from a number

_SENT = """
SELECT DISTINCT ON (o.person_id) o.person_id, o.id, o.call_id, o.place_path
FROM callout_obligation o
WHERE o.person_id = ANY(%s) AND o.state = 'open' AND o.call_id IS NOT NULL AND NOT o.drill
  AND o.began_at > %s AND o.began_at <= %s
  AND EXISTS (SELECT FROM callout_receipt r WHERE r.carrier = %s AND r.state NOT IN ('queued', 'failed')
              AND (r.id = o.id OR r.obligation_id = o.id
                   OR (o.part = 'result' AND (r.id = o.stands_for OR r.obligation_id = o.stands_for))))
ORDER BY o.person_id, o.began_at DESC, o.id DESC"""


def _owners(carrier: str, replies: Sequence[Word]) -> tuple[list[Answer], list[Unmatched]]:
    """Find what each word answers: the newest call that its number's owner still owes and was sent this way.

    A number that two persons share, and a word nobody understands, wait for a person.
    """
    if not replies:
        return [], []
    owners = people.owners(discover()[carrier].needs or "phone", {r.sender for r in replies})
    asked = sorted({person for found in owners.values() for person in found})
    now = clock.now()
    with connection.cursor() as cursor:
        cursor.execute(_SENT, [asked, now - REPLY_WITHIN, now, carrier])
        owes = {person: (obligation, call, path) for person, obligation, call, path in cursor.fetchall()}
    answers_found, unplaced = [], []
    for reply in replies:
        who = owners.get(reply.sender, [])
        owing = [owes[p] for p in who if p in owes]
        about = owing[0] if len(owing) == 1 else None
        if about is not None and reply.means is not Meaning.UNCLEAR:
            answers_found.append(_answer(carrier, reply, about[0]))
        else:
            unplaced.append(_word(carrier, reply, who, owing, about))
    return answers_found, unplaced


def _answer(carrier: str, reply: Word, obligation: UUID) -> Answer:
    declined = reply.means is Meaning.NO
    finish = events.finish(reply.means)
    return Answer(
        How.REPLY, obligation=obligation, at=reply.at, said=reply.text[:20], declined=declined, carrier=carrier,
        ref=reply.ref, finish=finish, words=reply.text if finish else "",
    )  # fmt: skip


def _word(
    carrier: str, reply: Word, who: Sequence[UUID], owing: Sequence[tuple[UUID, UUID, str]],
    about: tuple[UUID, UUID, str] | None,
) -> Unmatched:  # fmt: skip
    if not who:
        reason = "unknown_number"
    elif not owing:
        reason = "owes_nothing"
    else:
        reason = "unclear" if about else "shared_number"
    near = about or (owing[0] if owing else None)
    return Unmatched(
        carrier=carrier, ref=reply.ref, reason=reason, at=reply.at,
        said_cipher=_sealed({"from": reply.sender, "text": reply.text}),
        about=about[0] if about else None, call_id=near[1] if near else None, place_path=near[2] if near else "",
    )  # fmt: skip


# --- what could not be placed


def _row(carrier: str, ref: str, reason: str, parsed: Parsed, *, about: Outcome | None = None) -> Unmatched:
    made = Unmatched(carrier=carrier, ref=ref, reason=reason, said_cipher=_sealed(parsed.raw.get(ref)))
    if about is not None:  # 办好了, and no result is owed: a person reads it
        made.about, made.call_id, made.place_path = about.obligation, about.call, about.place_path
    return made


def _unread(carrier: str, fault: events.Fault) -> Unmatched:
    own = fault.raw.get("event") if isinstance(fault.raw, dict) else ""
    ref = own[:64] if isinstance(own, str) and "\x00" not in own else ""
    return Unmatched(
        carrier=carrier, ref=ref, reason="bad_event", note=fault.wrong[:200], said_cipher=_sealed(fault.raw)
    )


def _sealed(said: Any) -> bytes:
    return sealing.seal(orjson.dumps(said, default=str).decode()[:4000], settings.FIELD_KEY).encode()


def opened(row: Unmatched) -> Any:
    """Return the event as it came. Raises sealing.Sealed for another installation's."""
    text = sealing.unseal(bytes(row.said_cipher or b"").decode(), settings.FIELD_KEY)
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return text
