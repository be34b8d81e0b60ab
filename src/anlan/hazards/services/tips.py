"""A resident says what they saw, without an account: kept, counted, laid before the community's desk (HZD-13).

Nothing is dropped: what is over a limit, looks like a machine's or comes from somebody muted lies apart (`held`) until
somebody looks at it. Whoever sent it is kept in a table of its own, sealed.
"""

import datetime as dt
import secrets
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from anlan.callout.services import obligations
from anlan.callout.terms import Owed
from anlan.fieldwork.services import uploads as fieldwork
from anlan.hazards.models import Informant, Tip
from anlan.hazards.queries import tips as queries
from anlan.hazards.services import informants
from anlan.hazards.terms import RECEIPT_LETTERS, Can, Did, Held, Said, Sender, TipState
from anlan.kernel.authority import Actor, Invalid, Refused, machine
from anlan.kernel.clock import CHINA, local, now
from anlan.kernel.workdays import add_workdays
from anlan.ledger import services as ledger
from anlan.people import queries as people
from anlan.places import queries as places

LEAST, MOST, NAME_MOST = 4, 1000, 60
ASKED = 3  # officers who owe it at once; the first to act frees the others
FOLD_DAYS = 7
END_OF_DAY = dt.time(18)
PAGE = machine("hazards.tips")


class TooMany(Refused):
    """One network sends more than anybody could look at; the door says to telephone instead."""

    def __init__(self) -> None:
        super().__init__(Can.REPORT, "")


def receipt() -> str:
    """Return a new receipt: 12 letters of 29, which nobody guesses (58 bits)."""
    drawn = "".join(secrets.choice(RECEIPT_LETTERS) for _n in range(12))
    return f"SSP-{drawn[:4]}-{drawn[4:8]}-{drawn[8:]}"


def digest_of(text: str) -> bytes:
    """Return the keyed hash of a receipt as somebody typed it: case, blanks and dashes do not matter."""
    plain = "".join(c for c in text.upper() if c.isascii() and c.isalnum())
    return informants.mark("receipt", plain)


@transaction.atomic
def send(said: Said, sender: Sender) -> tuple[Tip, str]:
    """Take a tip in; returns it and its receipt ("" where this very page was sent before: it was shown then).

    Raises Invalid (text, place, phone, photos) with everything the resident wrote still in the form, TooMany.
    """
    known = queries.by_client(said.client)
    if known is not None:
        return known, ""
    text, wrong = said.text.replace("\x00", "").strip(), {}
    if not LEAST <= len(text) <= MOST:
        wrong["text"] = _("写一句看到了什么，{least} 到 {most} 个字").format(least=LEAST, most=MOST)
    try:
        path, located = _place(said)
    except Invalid as error:
        wrong |= error.errors
    phone = ""
    try:
        phone = informants.phone_of(said.phone)
    except Invalid as error:
        wrong |= error.errors
    if wrong:
        raise Invalid(wrong)
    held = _held(said, sender, phone, path)
    uploads = fieldwork.keep_photos(list(said.photos), by=PAGE)
    code, name = receipt(), said.name.replace("\x00", "").strip()[:NAME_MOST]
    made = Tip.objects.create(
        client_id=said.client, receipt_digest=digest_of(code), tail=code[-4:], place_path=path, located=located,
        where=said.where.replace("\x00", "").strip()[:120], lon=said.lon, lat=said.lat, accuracy=said.accuracy,
        text=text, uploads=uploads, named=bool(name or phone), language=said.language, held=held,
        state=TipState.HELD if held else TipState.RECEIVED, due_at=None if held else due(),
    )  # fmt: skip
    Informant.objects.create(
        tip=made, name_cipher=informants.seal(made.id, name), phone_cipher=informants.seal(made.id, phone),
        phone=informants.mark("phone", phone) if phone else None, network=sender.network or None,
        device=sender.device or None,
    )  # fmt: skip
    ledger.record(Did.TIP_SENT, made, by=PAGE)
    if held:
        ledger.record(Did.TIP_HELD, made, by=PAGE, tip_held=str(held))
    elif not _fold(made):
        ask(made, by=PAGE)
    return made, code


def due() -> dt.datetime:
    """Return until when a tip is accepted or not: so many working days on, at six in the evening."""
    day = add_workdays(local(now()).date(), settings.TIP_WORKDAYS)
    return dt.datetime.combine(day, END_OF_DAY, CHINA)


def _place(said: Said) -> tuple[str, str]:
    """Return (path, how it was found): chosen, by the device, or the city itself where words must do."""
    if said.place:
        known = queries.place_named(said.place)
        if known is not None:
            return known[0], "chosen"
    if said.lon is not None and said.lat is not None:
        spot = places.locate(said.lon, said.lat)
        if spot is not None:
            return spot.path, "device"
    word = said.community.strip()
    found = queries.places_called(word) if word else []
    if len(found) == 1:
        return found[0][0], "chosen"
    if found:
        raise Invalid({"place": _("「{word}」有 {count} 处，点一处").format(word=word[:20], count=len(found))})
    if not word and not said.where.strip():
        raise Invalid({"place": _("写一下在哪里：小区、社区的名字，或者打开定位")})
    root = places.roots().first()
    if root is None:
        raise Invalid({"place": _("这里还没有建好地方，请拨 12345")})
    return root.path, "words"


def _held(said: Said, sender: Sender, phone: str, path: str) -> Held:
    """Say why a tip waits apart, if it does. Raises TooMany where even the place apart would be flooded."""
    held = Held.MACHINE if said.hasty else Held.NONE
    for field, kind, limits in (("network", Held.NETWORK, settings.TIPS_NETWORK),
                                ("device", Held.DEVICE, settings.TIPS_DEVICE)):  # fmt: skip
        mark = getattr(sender, field)
        if not mark:
            continue
        day = queries.sent_since(field, mark, now() - dt.timedelta(days=1))
        if day >= limits[1] * settings.TIPS_FLOOD:
            raise TooMany
        hour = queries.sent_since(field, mark, now() - dt.timedelta(hours=1))
        if hour >= limits[0] or day >= limits[1]:
            held = kind
    marks = [sender.network, sender.device, informants.mark("phone", phone) if phone else b""]
    return Held.MUTED if queries.is_muted(marks, path) else held


def _fold(tip: Tip) -> bool:
    """Fold a tip that says the same of the same place into the first one; it ends as that one does."""
    lead = queries.same_words(tip.text, tip.place_path, now() - dt.timedelta(days=FOLD_DAYS))
    if lead is None or lead.id == tip.id:
        return False
    tip.lead, tip.state, tip.state_at, tip.due_at = lead, TipState.FOLDED, now(), None
    tip.save(update_fields=["lead", "state", "state_at", "due_at"])
    ledger.record(Did.TIP_FOLDED, tip, by=PAGE, into=lead.id)
    return True


def ask(tip: Tip, *, by: Actor) -> int:
    """Lay the tip on the nearest desk; it climbs when its time is over. Returns on how many."""
    able = people.holders(Can.TIPS, at=tip.place_path)
    nearest = max((len(t.place_path) for t in able), default=0)
    asked = [t for t in able if len(t.place_path) == nearest][:ASKED]
    obligations.owe_many([_owed(tip, t) for t in asked], by=by)
    if not asked:
        ledger.record(Did.UNWATCHED, tip, by=by)
    return len(asked)


def _owed(tip: Tip, t: Any) -> Owed:
    until = tip.due_at or due()
    left = max(int((until - now()).total_seconds()), 60)
    words = " ".join(tip.text.split())[:50]
    return Owed(
        subject_type="hazards.tip", subject_id=tip.id, did=Did.TIP_ACCEPTED, person=t.person_id,
        pseudonym=t.pseudonym, place_path=tip.place_path, why=_("受理居民随手拍：{words}").format(words=words),
        due_at=until, post=t.post_id, post_title=t.post_title, role=t.role_code, rank=t.rank,
        deputy=t.deputy_person_id, superior=t.superior_post_id, link=f"/tips/desk/{tip.id}",
        ladder=({"at": left // 2, "act": "deputy"}, {"at": left, "act": "superior"},
                {"at": left * 2, "act": "superior"}),
    )  # fmt: skip
