"""The list of loudspeakers: read from a table with every fault named, taken in whole; or brought from the gateway."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from anlan.callout import wire
from anlan.callout.models import Speaker
from anlan.callout.services import channels, speakers
from anlan.callout.terms import Can, Did
from anlan.kernel import authority, tables
from anlan.kernel.authority import Actor, Invalid
from anlan.kernel.clock import now
from anlan.kernel.ids import uuid7
from anlan.ledger import services as ledger
from anlan.places import queries as places

COLUMNS = {
    "code": ("终端编码", "资源编码", "应急广播资源编码", "编码", "code"),
    "name": ("名称", "终端名称", "名字", "name"),
    "place": ("地方编码", "区划代码", "地方", "place"),
    "lon": ("经度", "lon", "lng"),
    "lat": ("纬度", "lat"),
}
CODE = re.compile(r"[A-Za-z0-9_.-]{1,40}")
MOST = 20_000


@dataclass(frozen=True, slots=True)
class Row:
    """A terminal of a table, with the place that was found for it."""

    code: str
    name: str
    place_path: str
    lon: float | None = None
    lat: float | None = None


@dataclass(frozen=True, slots=True)
class Fault:
    """A row that cannot go in: its number in the table and what is wrong."""

    number: int
    wrong: str


def read(content: bytes, filename: str, *, by: Actor) -> tuple[list[Row], list[Fault]]:
    """Read a table (CSV, XLSX) and say of every row whether it can go in. Nothing is written. Raises Invalid (file)."""
    table = tables.read_table(content, filename, known={w for known in COLUMNS.values() for w in known})
    at = {
        field: next((i for i, head in enumerate(table.header) if head.strip().lower() in known), None)
        for field, known in COLUMNS.items()
    }
    lacking = [COLUMNS[f][0] for f in ("code", "name") if at[f] is None]
    if lacking or (at["place"] is None and (at["lon"] is None or at["lat"] is None)):
        raise Invalid({"file": _("表里要有「终端编码」「名称」，还要有「地方编码」或「经度、纬度」")})
    if len(table.rows) > MOST:
        raise Invalid({"file": _("一次最多 %d 行，拆开来导") % MOST})
    raw = [(r.number, {f: r.cells[i].strip() if i is not None else "" for f, i in at.items()}) for r in table.rows]
    return admit(raw, by=by)


def admit(raw: Sequence[tuple[int, Mapping[str, str]]], *, by: Actor) -> tuple[list[Row], list[Fault]]:
    """Find the place of each row and every fault: what is missing, unknown, twice, or not the actor's to change."""
    paths = places.paths_for_codes({one["place"] for _n, one in raw if one.get("place")})
    held = dict(Speaker.objects.filter(code__in=[one["code"] for _n, one in raw]).values_list("code", "place_path"))
    scopes = authority.scopes(by, Can.CARRIERS)
    good: list[Row] = []
    faults: list[Fault] = []
    seen: dict[str, int] = {}
    for number, one in raw:
        try:
            row = _row(one, paths)
            _fits(row, seen, [row.place_path, held.get(row.code, row.place_path)], scopes)
        except ValueError as wrong:
            faults.append(Fault(number, str(wrong)))
        else:
            seen[row.code] = number
            good.append(row)
    return good, faults


def _fits(row: Row, seen: Mapping[str, int], mine: Sequence[str], scopes: Sequence[str]) -> None:
    """Raise ValueError for a code that came before, or a place that is not the actor's."""
    if row.code in seen:
        raise ValueError(_("编码 %(code)s 和第 %(n)d 行一样") % {"code": row.code, "n": seen[row.code]})
    if not all(any(path.startswith(scope) for scope in scopes) for path in mine):
        raise ValueError(_("这个地方不归你管"))


def _row(one: Mapping[str, str], paths: Mapping[str, str]) -> Row:
    code, name = one["code"], " ".join(one["name"].split())
    if not CODE.fullmatch(code):
        raise ValueError(_("编码要是 1 到 40 个字母、数字，现在是「%s」") % code[:20])
    if not 1 <= len(name) <= 60:
        raise ValueError(_("名称要写 1 到 60 个字"))
    lon, lat = _degree(one.get("lon", ""), _("经度"), 180), _degree(one.get("lat", ""), _("纬度"), 90)
    path = paths.get(one.get("place", ""), "")
    if one.get("place") and not path:
        raise ValueError(_("没有编码是「%s」的地方") % one["place"][:20])
    if not path:
        if lon is None or lat is None:
            raise ValueError(_("地方编码和经纬度要有一样"))
        found = places.locate(lon, lat)
        if found is None:
            raise ValueError(_("这个经纬度不在任何地方里"))
        path = found.path
    return Row(code, name, path, lon, lat)


def _degree(text: str, name: str, most: float) -> float | None:
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        raise ValueError(_("%(name)s要写数字，现在是「%(text)s」") % {"name": name, "text": text[:20]}) from None
    if not -most <= value <= most:
        raise ValueError(_("%(name)s超出了范围") % {"name": name})
    return value


@transaction.atomic
def take(rows: Sequence[Row], *, by: Actor) -> tuple[int, int]:
    """Take rows in: returns how many are new, how many were known and changed. The same table twice changes nothing."""
    for path in {row.place_path for row in rows}:
        authority.require(by, Can.CARRIERS, at=path)
    held = {s.code: s for s in Speaker.objects.select_for_update().filter(code__in=[r.code for r in rows])}
    for path in {s.place_path for s in held.values()}:
        authority.require(by, Can.CARRIERS, at=path)
    fresh, changed = [], []
    for row in rows:
        kept = held.get(row.code)
        if kept is None:
            fresh.append(Speaker(id=uuid7(), **{f: getattr(row, f) for f in Row.__slots__}))
        elif any(getattr(kept, f) != getattr(row, f) for f in ("name", "place_path", "lon", "lat")):
            for field in ("name", "place_path", "lon", "lat"):
                setattr(kept, field, getattr(row, field))
            changed.append(kept)
    Speaker.objects.bulk_create(fresh, batch_size=2000)
    Speaker.objects.bulk_update(changed, ["name", "place_path", "lon", "lat"], batch_size=2000)
    if fresh or changed:
        first = (fresh or changed)[0]
        ledger.record(Did.SPEAKERS_TAKEN, first, by=by, added=len(fresh), changed=len(changed))
    return len(fresh), len(changed)


def ask(*, by: Actor) -> tuple[list[Row], list[Fault]]:
    """Bring the gateway's own list. Raises wire.Down, wire.Rejected."""
    tuned = channels.tuned(speakers.NAME)
    gateway = wire.Gateway(tuned["url"], tuned["key"], tuned["secret"])
    said: Any = gateway.post("/terminals", {}, idempotency=str(uuid7()), client=wire.shared())
    listed = said.get("terminals") if isinstance(said, dict) else None
    if not isinstance(listed, list) or len(listed) > MOST:
        raise wire.Down("the answer has no list «terminals»")
    raw = [
        (n, {f: str(one.get(f) if one.get(f) is not None else "").strip() for f in COLUMNS})
        for n, one in enumerate((o for o in listed if isinstance(o, dict)), 1)
    ]
    good, faults = admit(raw, by=by)
    states = {
        str(o.get("code")): o["online"] for o in listed if isinstance(o, dict) and isinstance(o.get("online"), bool)
    }
    note_states(states)
    return good, faults


@transaction.atomic
def note_states(states: Mapping[str, bool]) -> None:
    """Note which terminals are on the line."""
    moment = now()
    known = list(Speaker.objects.select_for_update().filter(code__in=list(states)).order_by("id"))
    for one in known:
        if one.online != states[one.code]:
            one.online, one.online_since = states[one.code], moment
        one.heard_at = moment
    Speaker.objects.bulk_update(known, ["online", "online_since", "heard_at"], batch_size=2000)
