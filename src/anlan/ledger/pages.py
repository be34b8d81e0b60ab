"""The ledger's pages: trails of anything, one entry with its proof, blocks and their health."""

import csv
import datetime as dt
import io
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe
from openpyxl import Workbook

from anlan.kernel import authority, clock
from anlan.kernel.authority import Actor, Conflict, Hidden, Invalid, Refused
from anlan.ledger import queries, telling
from anlan.ledger import services as ledger
from anlan.ledger.entry import EntryRow
from anlan.ledger.ports import directory
from anlan.ledger.queries import Filter
from anlan.ledger.services import stuck as setting_aside
from anlan.ledger.services.vault import Unreadable
from anlan.ledger.terms import Can, Did

PAGE = 50
DAYS = 30  # how far back the whole list reaches where no date is given
EXPORTED = 20_000  # rows of an export at most
AT_ONCE = 500  # blocks verified while the visitor waits; more go to a job


def _actor(request: HttpRequest) -> Actor:
    by: Actor = request.actor  # type: ignore[attr-defined]
    return by


def _uuid(text: str | None) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None


def _midnight(text: str | None, *, days: int = 0) -> dt.datetime | None:
    try:
        day = parse_date(text or "")
    except ValueError:
        day = None
    return dt.datetime.combine(day, dt.time(), clock.CHINA) + dt.timedelta(days=days) if day else None


def _filter(request: HttpRequest, *, bounded: bool) -> Filter:
    since = _midnight(request.GET.get("since"))
    return Filter(
        kinds=tuple(k for k in request.GET.getlist("kind") if k),
        since=since or (clock.now() - dt.timedelta(days=DAYS) if bounded else None),
        until=_midnight(request.GET.get("until"), days=1),
        place=request.GET.get("place", ""),
        before=_uuid(request.GET.get("before")),
        after=_uuid(request.GET.get("after")),
    )


def _trail(
    request: HttpRequest,
    title: str,
    *,
    subject_id: UUID | None = None,
    chain: UUID | None = None,
    pseudonym: UUID | None = None,
    note: str = "",
) -> HttpResponse:
    by = _actor(request)
    where = _filter(request, bounded=not (subject_id or chain or pseudonym))

    def read(limit: int) -> list[EntryRow]:
        return queries.trail(by=by, subject_id=subject_id, chain=chain, pseudonym=pseudonym, where=where, limit=limit)

    kind = request.GET.get("format", "")
    if kind in {"csv", "xlsx"}:
        return _export(read(EXPORTED), kind, title, by)
    entries = read(PAGE + 1)
    more = len(entries) > PAGE
    entries = entries[1:] if more and where.after else entries[:PAGE]
    kept = request.GET.copy()
    for name in ("before", "after", "format"):
        kept.pop(name, None)
    older = bool(entries) and (more or where.after is not None)
    newer = bool(entries) and (where.before is not None or (more and where.after is not None))
    places = directory.places({s.path for s in by.seats})
    context = {
        "title": title,
        "note": note,
        "items": telling.items(entries, hrefs={e.id: reverse("ledger:entry", args=[e.id]) for e in entries}),
        "kinds": sorted((did, telling.kind_name(did)) for did in directory.words),
        "places": [(s.path, places.get(s.path) or s.title) for s in by.seats],
        "where": where,
        "since": request.GET.get("since", ""),
        "until": request.GET.get("until", ""),
        "bounded": DAYS if not (subject_id or chain or pseudonym or request.GET.get("since")) else 0,
        "filtered": bool(where.kinds or where.place or where.until or request.GET.get("since")),
        "kept": kept.urlencode(),
        "older": entries[-1].id if older else None,
        "newer": entries[0].id if newer else None,
        "may_verify": authority.anywhere(by, (Can.READ, Can.VERIFY)),
        "mine": by.pseudonym,
    }
    return render(request, "ledger/trail.html", context)


def _export(entries: list[EntryRow], kind: str, title: str, by: Actor) -> HttpResponse:
    """Return the trail as a file, and leave an entry that it was taken away."""
    rows = [telling.HEADINGS, *([_harmless(cell) for cell in row] for row in telling.table(entries))]
    ledger.record(Did.TRAIL_EXPORTED, ledger.Whole(), by=by, count=len(entries), title=title)
    if kind == "csv":
        text = io.StringIO()
        csv.writer(text).writerows(rows)
        body, mime = text.getvalue().encode("utf-8-sig"), "text/csv; charset=utf-8"
    else:
        book = Workbook(write_only=True)
        sheet = book.create_sheet("留痕")
        for row in rows:
            sheet.append(row)
        out = io.BytesIO()
        book.save(out)
        body, mime = out.getvalue(), "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    name = f"trail-{clock.local(clock.now()):%Y%m%d-%H%M%S}.{kind}"
    return HttpResponse(body, mime, headers={"Content-Disposition": f'attachment; filename="{name}"'})


def _harmless(cell: str) -> str:
    """Keep a spreadsheet from running what somebody typed."""
    cell = "".join(c for c in cell if c >= " " or c == "\n")
    return f"'{cell}" if cell[:1] in {"=", "+", "-", "@"} else cell


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Show what was done lately, as far as the actor may see."""
    return _trail(request, _("台账"))


@require_safe
def subject(request: HttpRequest, subject_id: UUID) -> HttpResponse:
    """Show what was done to one thing."""
    return _trail(request, _("它的留痕"), subject_id=subject_id)


@require_safe
def chain(request: HttpRequest, chain_id: UUID) -> HttpResponse:
    """Show one affair from its first entry to its last."""
    return _trail(request, _("这件事的全过程"), chain=chain_id)


@require_safe
def person(request: HttpRequest, pseudonym: UUID) -> HttpResponse:
    """Show what one person did, by which post, when: the proof of diligence (尽职证据)."""
    name = directory.persons([pseudonym]).get(pseudonym, "")
    by = _actor(request)
    if pseudonym != by.pseudonym and not authority.anywhere(by, (Can.READ,)):
        raise Hidden
    title = _("{name} 的履职留痕").format(name=name) if name else _("履职留痕")
    return _trail(request, title, pseudonym=pseudonym, note=_("只列做了什么、凭哪个岗、何时；系统不自动定责。"))


@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    """Lead everybody to their own trail."""
    by = _actor(request)
    if by.pseudonym is None:
        raise Hidden
    return redirect("ledger:person", by.pseudonym)


@require_safe
def entry(request: HttpRequest, entry_id: UUID) -> HttpResponse:
    """Show one entry whole."""
    return _entry(request, entry_id)


def _entry(request: HttpRequest, entry_id: UUID, **extra: object) -> HttpResponse:
    by = _actor(request)
    found = queries.entries([entry_id])
    if not found or not queries.may_see(found[0], by):
        raise Hidden
    one = found[0]
    names = telling.names_for([one])
    context = {
        "entry": one,
        "title": telling.sentence(one),
        "who": names.who(one),
        "place": names.where(one),
        "type": telling.type_name(one.subject_type),
        "link": telling.link(one),
        "values": [(k, v) for k, v in one.values.items() if k != "private"],
        "secret": one.values.get("private"),
        "may_reveal": authority.holds(by, Can.READ_PRIVATE, at=one.place_path),
        "sealed_in": queries.block_of(one.position),
    }
    return render(request, "ledger/entry.html", context | extra)


@require_POST
def proof(request: HttpRequest, entry_id: UUID) -> HttpResponse:
    """Hand out the evidence bundle of one entry."""
    body = ledger.proof(entry_id, by=_actor(request))
    headers = {"Content-Disposition": f'attachment; filename="proof-{entry_id}.zip"'}
    return HttpResponse(body, "application/zip", headers=headers)


@require_POST
def reveal(request: HttpRequest, entry_id: UUID) -> HttpResponse:
    """Show an entry's private text to whoever may read it and says why."""
    by = _actor(request)
    found = queries.entries([entry_id])
    if not found or not queries.may_see(found[0], by) or "private" not in found[0].values:
        raise Hidden
    try:
        private = ledger.take(UUID(found[0].values["private"]["secret"]), by=by, reason=request.POST.get("reason", ""))
    except Invalid as error:
        return _entry(request, entry_id, errors=error.errors)
    except Unreadable:
        return _entry(request, entry_id, gone=True)
    response = _entry(request, entry_id, private=private)
    response["Cache-Control"] = "no-store"
    return response


@require_safe
def seals(request: HttpRequest) -> HttpResponse:
    """Show the blocks, the followers, what is stuck, and the last verifications."""
    by = _actor(request)
    if not authority.anywhere(by, (Can.READ, Can.VERIFY)):
        raise Refused(Can.READ, "")
    before = request.GET.get("before", "")
    blocks = queries.blocks(int(before) if before.isdecimal() and len(before) < 18 else None, limit=PAGE + 1)
    context = {
        "blocks": blocks[:PAGE],
        "older": blocks[PAGE - 1].number if len(blocks) > PAGE else None,
        "first_page": not before,
        "unsealed": queries.unsealed(),
        "cursors": queries.cursors(),
        "stuck": queries.stuck(by),
        "inspections": queries.inspections(),
        "may_verify": authority.anywhere(by, (Can.VERIFY,)),
    }
    return render(request, "ledger/seals.html", context)


@require_POST
def verify(request: HttpRequest) -> HttpResponse:
    """Walk the whole ledger now, or have a job do it where it is long."""
    by = _actor(request)
    if not authority.anywhere(by, (Can.VERIFY,)):
        raise Refused(Can.VERIFY, "")
    newest = queries.blocks(limit=1)
    if newest and newest[0].number > AT_ONCE:
        ledger.inspect_later(by)
        messages.info(request, _("台账较长，已交给后台校验，完成后结果列在下面。"))
    else:
        verdict = ledger.inspect(by=by)
        if verdict.ok:
            messages.success(request, _("校验通过：{n} 条记录与封存时一致。").format(n=verdict.entries))
        else:
            messages.error(request, _("校验发现 {n} 处不一致，见下面的结果。").format(n=len(verdict.faults)))
    return redirect("ledger:seals")


@require_POST
def settle(request: HttpRequest, stuck_id: UUID) -> HttpResponse:
    """Try a set-aside entry again, or let it rest for a reason."""
    by = _actor(request)
    try:
        if request.POST.get("act") == "retry":
            setting_aside.retry(stuck_id, by=by)
            messages.success(request, _("这条记录已经重新处理。"))
        else:
            setting_aside.dismiss(stuck_id, by=by, reason=request.POST.get("reason", ""))
            messages.success(request, _("这条记录不再处理，理由已记入台账。"))
    except Invalid as error:
        messages.error(request, "；".join(error.errors.values()))
    except setting_aside.StillFails as error:
        messages.error(request, _("还是没有处理成：{why}").format(why=error))
    except Conflict as error:
        messages.error(request, str(error))
    return redirect("ledger:seals")
