"""Own internal risk notices: drafted, approved by a second person, sent as CAP 1.2, looked over, ended."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from anlan.alerts import cap_write, elements, lifecycle, queries
from anlan.alerts.models import Notice
from anlan.alerts.services import notice_duties as duties
from anlan.alerts.services.notice_cap import as_reading, cancel_of, geometry
from anlan.alerts.services.placing import common, met
from anlan.alerts.terms import COLOUR, NEEDS_SECOND, Can, Did, Level, NoticeState
from anlan.callout.queries import affair
from anlan.callout.services import calls
from anlan.callout.terms import Draft as CallDraft
from anlan.kernel import authority, paths
from anlan.kernel.authority import Actor, Conflict, Invalid, Refused
from anlan.kernel.clock import local, now
from anlan.kernel.ids import uuid7
from anlan.ledger import services as ledger
from anlan.people.terms import Targeting
from anlan.places import queries as places

EXPIRE_AT_ONCE = 200
MAX_PLACES = 2_000


@dataclass(frozen=True, slots=True)
class Draft:
    """What a form says of a notice. `paths` are ticked places, `codes` typed ones, `shape` GeoJSON geometry drawn."""

    hazard: str = ""
    level: str = ""
    title: str = ""
    starts_at: dt.datetime | None = None
    expires_at: dt.datetime | None = None
    paths: Sequence[str] = ()
    codes: Sequence[str] = ()
    shape: Mapping[str, Any] | None = None
    matters: str = ""
    measures: str = ""
    issuer: str = ""
    public: bool = False
    calls: bool = True
    roles: Sequence[str] = ()


def text_of(notice: Notice) -> elements.Text:
    """Return what a notice says, for the checks."""
    return elements.Text(
        notice.title, notice.hazard, notice.level, notice.starts_at, notice.expires_at, notice.where, notice.matters,
        notice.measures, notice.issuer,
    )  # fmt: skip


@transaction.atomic
def draft(said: Draft, *, by: Actor, chain: UUID | None = None) -> Notice:
    """Keep a first draft; it may still lack elements. Raises Invalid (forbidden words, places unknown), Refused.

    `chain` is the affair that it belongs to: its own, if none is given.
    """
    identifier = uuid7()
    notice = Notice(
        id=identifier,
        chain_id=chain or identifier,
        exercise_id=by.exercise,
        made_by=by.pseudonym,
        made_by_name=by.name[:60],
    )
    _fill(notice, said, by=by)
    notice.save(force_insert=True)
    ledger.record(Did.DRAFTED, notice, by=by, title=notice.title, level=notice.level, hazard=notice.hazard)
    return notice


@transaction.atomic
def edit(notice_id: UUID, said: Draft, *, by: Actor, revision: int) -> Notice:
    """Change a draft. Raises Conflict where somebody changed it meanwhile or it is no draft any more."""
    notice = queries.notice(notice_id, by=by, lock=True)
    lifecycle.NOTICE.move(notice, Did.EDITED, by=by)
    _same(notice, revision)
    _fill(notice, said, by=by)
    notice.revision += 1
    notice.save()
    ledger.record(Did.EDITED, notice, by=by, revision=notice.revision)
    return notice


def _same(notice: Notice, revision: int) -> None:
    if notice.revision != revision:
        raise Conflict(_("别人刚改过这份提示，请看过新的再办"))


def _fill(notice: Notice, said: Draft, *, by: Actor) -> None:
    level = Level(said.level) if said.level in set(Level) else None
    if said.level and level is None:
        raise Invalid({"level": _("级别只有红、橙、黄、蓝")})
    colour = COLOUR[level] if level else ""
    covers = _covered(said)
    notice.hazard, notice.level = said.hazard.strip(), level or ""
    notice.title = said.title.strip() or (elements.title_for(notice.hazard, colour) if notice.hazard else "")
    notice.starts_at, notice.expires_at = said.starts_at, said.expires_at
    notice.paths = sorted({*said.paths, *places.paths_for_codes(said.codes).values()})
    notice.shape = dict(said.shape) if said.shape else None
    notice.covers = covers
    notice.where = _words(covers)
    notice.matters, notice.measures = said.matters.strip(), said.measures.strip()
    notice.issuer, notice.public = said.issuer.strip(), said.public
    notice.calls, notice.roles = said.calls, [str(role)[:40] for role in said.roles]
    notice.place_path = common(covers) or _seat(by)
    authority.require(by, Can.DRAFT, at=notice.place_path)
    wrong = elements.forbidden(text_of(notice)) | {
        name: _("最多 {most} 个字").format(most=most)
        for name, most in elements.MOST.items()
        if len(getattr(notice, name)) > most
    }
    if wrong:
        raise Invalid(wrong)


def _seat(by: Actor) -> str:
    scopes = authority.scopes(by, Can.DRAFT)
    if not scopes:
        raise Refused(Can.DRAFT, "")
    root = places.roots().first()
    return scopes[0] or (root.path if root else "")


def _covered(said: Draft) -> dict[str, float]:
    """Return the share of each place that ticks, codes and the drawing come to."""
    codes = [code.strip() for code in said.codes if code.strip()]
    known = places.paths_for_codes(codes)
    if unknown := [code for code in codes if code not in known]:
        raise Invalid({"codes": _("没有这些地区代码：{codes}").format(codes="、".join(unknown[:5]))})
    names = places.names(said.paths)
    if strangers := [path for path in said.paths if path not in names]:
        raise Invalid({"paths": _("没有这些地方：{paths}").format(paths="、".join(strangers[:5]))})
    shares = dict.fromkeys([*said.paths, *known.values()], 1.0)
    if said.shape:
        drawn = met(geometry(said.shape))
        if not drawn:
            raise Invalid({"shape": _("画的范围没有碰到本地的任何地方")})
        for path, share in drawn.items():
            shares[path] = max(share or 0.0, shares.get(path, 0.0))
    if len(shares) > MAX_PLACES:
        raise Invalid({"paths": _("范围包含 {count} 个地方，最多 {most} 个；选大一级的地方").format(
            count=len(shares), most=MAX_PLACES)})  # fmt: skip
    whole = {path for path, share in shares.items() if share == 1.0}
    return {
        path: round(share, 4)
        for path, share in sorted(shares.items())
        if not any(above in whole for above in paths.ancestors(path)[:-1])
    }


def _words(covers: Mapping[str, float]) -> str:
    names = places.names(list(covers)[:8])
    said = "、".join(names.values())
    return said if len(covers) <= len(names) else _("{names}等 {count} 处").format(names=said, count=len(covers))


# --- leaving


@transaction.atomic
def submit(notice_id: UUID, *, by: Actor, revision: int) -> Notice:
    """Ask a second person to approve, and ring whoever may. Raises Invalid where one of the elements is missing."""
    notice = queries.notice(notice_id, by=by, lock=True)
    lifecycle.NOTICE.move(notice, Did.SUBMITTED, by=by)
    _same(notice, revision)
    _whole(notice)
    notice.submitted_at, notice.submitted_by = now(), by.pseudonym
    notice.save()
    ledger.record(Did.SUBMITTED, notice, by=by, revision=notice.revision)
    duties.ask(notice, by=by)
    return notice


def _whole(notice: Notice) -> None:
    if wrong := elements.wrong(text_of(notice), now()):
        raise Invalid(wrong)


@transaction.atomic
def approve(notice_id: UUID, *, by: Actor, revision: int) -> Notice:
    """Approve and send at once. Whoever drafted or submitted it may not (send page)."""
    notice = queries.notice(notice_id, by=by, lock=True)
    lifecycle.NOTICE.move(notice, Did.APPROVED, by=by)
    _same(notice, revision)
    if by.pseudonym is None or by.pseudonym in {notice.made_by, notice.submitted_by}:
        raise Conflict(_("自己不能批自己：请另一个人批准"))
    notice.approved_by, notice.approved_by_name = by.pseudonym, by.name[:60]
    duties.approved(notice, by=by)
    return _send(notice, Did.APPROVED, by=by)


@transaction.atomic
def send_back(notice_id: UUID, reason: str, *, by: Actor) -> Notice:
    """Return a submitted notice to its author with a reason."""
    notice = queries.notice(notice_id, by=by, lock=True)
    lifecycle.NOTICE.move(notice, Did.RETURNED, by=by)
    notice.returned_why = _reason(reason)
    notice.save()
    ledger.record(Did.RETURNED, notice, by=by, reason=notice.returned_why)
    duties.approved(notice, by=by)
    return notice


def _reason(text: str, field: str = "reason") -> str:
    if len(text.strip()) < 2:
        raise Invalid({field: _("写一句理由")})
    return text.strip()[:500]


@transaction.atomic
def send(notice_id: UUID, *, by: Actor, revision: int) -> Notice:
    """Send a yellow or blue notice, which needs no second person. Raises Conflict for red and orange."""
    notice = queries.notice(notice_id, by=by, lock=True)
    lifecycle.NOTICE.move(notice, Did.SENT, by=by)
    _same(notice, revision)
    if notice.level in NEEDS_SECOND:
        raise Conflict(_("红色和橙色要第二个人批准；等不及就紧急发出"))
    return _send(notice, Did.SENT, by=by)


@transaction.atomic
def send_urgent(notice_id: UUID, reason: str, *, by: Actor, revision: int) -> Notice:
    """Send without the second person: the reason is kept, and somebody else owes its review by the call policy."""
    notice = queries.notice(notice_id, by=by, lock=True)
    lifecycle.NOTICE.move(notice, Did.SENT_URGENT, by=by)
    _same(notice, revision)
    notice.urgent_why = _reason(reason)
    notice.review_due = duties.review_by(notice)
    duties.free(notice, _("已经紧急发出，等补审"), by=by)
    sent = _send(notice, Did.SENT_URGENT, by=by, reason=notice.urgent_why)
    duties.owe_review(sent, by=by)
    return sent


def _send(notice: Notice, did: Did, *, by: Actor, **values: Any) -> Notice:
    _whole(notice)
    notice.sent_at, notice.sent_by = now(), by.pseudonym
    notice.identifier = f"anlan-{local(notice.sent_at):%Y%m%d%H%M%S}-{notice.id.hex[-12:]}"
    notice.document = cap_write.write(as_reading(notice))
    notice.revision += 1
    notice.save()
    if notice.calls:
        _call(notice, did, by=by)
    ledger.record(
        did, notice, by=by, title=notice.title, level=notice.level, hazard=notice.hazard, places=len(notice.covers),
        identifier=notice.identifier, public=notice.public, **values,
    )  # fmt: skip
    return notice


def _call(notice: Notice, did: Did, *, by: Actor) -> None:
    """Start the notice's call in the same transaction: who approved the notice approved its call with it."""
    made = calls.prepare(call_of(notice), by=authority.machine("alerts.notice", exercise=notice.exercise_id))
    if did == Did.APPROVED and calls.needs_second(made):
        calls.approve(made.id, by=by)
    elif did == Did.SENT_URGENT:
        calls.start(made.id, by=by, now=True, reason=notice.urgent_why)
    else:
        calls.start(made.id, by=by, now=True, reason=_("黄色和蓝色提示不用第二个人批准"))


def targeting_of(notice: Notice) -> Targeting:
    """Return whom a notice calls: its roles at the places it covers, and whoever leads above them."""
    covered = tuple(notice.covers)
    above = tuple(sorted({up for path in covered for up in paths.ancestors(path)[:-1]}))
    return Targeting(covered, roles=tuple(notice.roles), at=above)


def words_of(notice: Notice) -> str:
    """Return what a call reads aloud for a notice."""
    parts = [" ".join(p.split()).rstrip("。；; ") for p in (notice.matters, notice.measures)]
    return "。".join(p for p in parts if p)[:1900]


def call_of(notice: Notice) -> CallDraft:
    """Return the call a notice asks for."""
    return CallDraft(
        title=notice.title, body=words_of(notice), targeting=targeting_of(notice), level=notice.level,
        hazard=notice.hazard, chain=notice.chain_id, exercise=notice.exercise_id,
        status="exercise" if notice.exercise_id else "actual", valid_until=notice.expires_at,
        place_path=notice.place_path, by_role=True,
    )  # fmt: skip


@transaction.atomic
def review(notice_id: UUID, opinion: str, *, by: Actor) -> Notice:
    """Look over what was sent in urgency, and its call with it; never the one who sent it.

    A notice whose time ended meanwhile, or that was withdrawn, is still looked over: what was sent was sent.
    """
    notice = queries.notice(notice_id, by=by, lock=True)
    lifecycle.NOTICE.move(notice, Did.REVIEWED, by=by)
    if not unreviewed(notice):
        raise Conflict(_("这份提示不用补审，或者已经补审过了"))
    if by.pseudonym is None or by.pseudonym in {notice.sent_by, notice.made_by}:
        raise Conflict(_("自己不能批自己：请另一个人补审"))
    notice.approved_by, notice.approved_by_name = by.pseudonym, by.name[:60]
    notice.save()
    said = _reason(opinion, "opinion")
    ledger.record(Did.REVIEWED, notice, by=by, opinion=said)
    duties.reviewed(notice, said, by=by)
    return notice


def unreviewed(notice: Notice) -> bool:
    """Say whether somebody still owes a look at what was sent in urgency."""
    return notice.review_due is not None and notice.approved_by is None


@transaction.atomic
def withdraw(notice_id: UUID, reason: str, *, by: Actor) -> Notice:
    """End a notice before its time; a CAP Cancel replaces it in the feed."""
    notice = queries.notice(notice_id, by=by, lock=True)
    lifecycle.NOTICE.move(notice, Did.WITHDRAWN, by=by)
    notice.ended_at = now()
    notice.document = cap_write.write(cancel_of(notice))
    notice.save()
    for call in affair.live(notice.chain_id, lock=True):
        calls.cancel(call.id, _reason(reason), by=by)
    ledger.record(Did.WITHDRAWN, notice, by=by, reason=_reason(reason))
    return notice


@transaction.atomic
def drop(notice_id: UUID, *, by: Actor) -> Notice:
    """Give a draft up."""
    notice = queries.notice(notice_id, by=by, lock=True)
    lifecycle.NOTICE.move(notice, Did.DROPPED, by=by)
    notice.ended_at = now()
    notice.save(update_fields=["state", "ended_at"])
    ledger.record(Did.DROPPED, notice, by=by)
    duties.free(notice, _("这份提示不发了"), by=by)
    return notice


@transaction.atomic
def expire(*, by: Actor) -> int:
    """End the notices whose time is over. Returns how many; idempotent."""
    due = list(
        Notice.objects.select_for_update(skip_locked=True)
        .filter(state__in=[NoticeState.SENT, NoticeState.REVIEW], expires_at__lte=now())
        .defer("document")[:EXPIRE_AT_ONCE]
    )
    Notice.objects.filter(id__in=[n.id for n in due]).update(state=NoticeState.EXPIRED, ended_at=now())
    lines = [ledger.Line("alerts.notice", n.id, n.place_path, n.chain_id, n.exercise_id) for n in due]
    ledger.record_many(Did.LAPSED, lines, by=by)
    return len(due)
