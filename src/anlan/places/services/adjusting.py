"""An adjustment of divisions in the making: the table compared with the tree, each finding corrected by a person."""

import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import shapely
from django.db import transaction
from django.utils.translation import gettext as _

from anlan.kernel import authority, clock, paths
from anlan.kernel.authority import Actor, Conflict, Invalid
from anlan.kernel.ids import uuid7s
from anlan.ledger import services as ledger
from anlan.places import codes, comparing, drafts, name_tables, queries, terms
from anlan.places.comparing import Comparison, Old
from anlan.places.models import Adjustment, AdjustmentLine, Place
from anlan.places.services.planning import told as row_told
from anlan.places.services.tree import fits
from anlan.places.terms import AdjustmentState, Can, Did, Fate

DIVISIONS = (
    terms.Level.PROVINCE, terms.Level.CITY, terms.Level.DISTRICT, terms.Level.STREET, terms.Level.COMMUNITY,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Draft:
    """What is asked for: which table against which subtree, from which day, by which decision."""

    under: str
    day: dt.date
    title: str = ""
    basis: str = ""


def compared(content: bytes, name: str, *, under: str) -> tuple[Comparison, list[dict[str, Any]]]:
    """Compare a table with the open places under a path. Raises Invalid for the file as a whole."""
    news, findings = name_tables.read(content, name)
    if not news:
        raise Invalid({"file": _("表里一个地方也没有读出来")})
    rows = Place.objects.filter(queries.under([under]), level__in=DIVISIONS, until__isnull=True).order_by("path")
    olds = [Old(*row) for row in rows.values_list("path", "level", "name", "code")]
    return comparing.compare(olds, news), [row_told(f) for f in findings[:500]]


@transaction.atomic
def plan(content: bytes, name: str, draft: Draft, *, by: Actor) -> Adjustment:
    """Compare and keep what came out as a draft that people correct; without a table it starts empty.

    Raises Refused, Hidden, Invalid (the file as a whole).
    """
    top = queries.scoped(draft.under, by)
    authority.require(by, Can.MANAGE, at=top.path)
    found, findings = compared(content, name, under=top.path) if content else (Comparison(), [])
    made = Adjustment.objects.create(
        place_path=top.path, title=(draft.title.strip() or _("%(place)s区划调整") % {"place": top.name})[:120],
        basis=draft.basis.strip()[:300], day=draft.day, file_name=name[-200:],
        digest=hashlib.sha256(content).hexdigest(), same=found.same, nodes=found.nodes, findings=findings,
        by_name=by.name,
    )  # fmt: skip
    _keep(made, found.lines)
    ledger.record(Did.PLANNED, made, by=by, chain=made.pk, file=made.file_name, digest=made.digest,
                  lines=len(found.lines))  # fmt: skip
    return made


def _keep(made: Adjustment, lines: Sequence[comparing.Line]) -> None:
    known = {p.path: p for p in Place.objects.filter(path__in=[x.was for x in lines if x.was])}
    AdjustmentLine.objects.bulk_create(
        AdjustmentLine(
            id=key, plan=made, kind=line.kind, level=line.level, was=line.was, into=line.into, shares=line.shares,
            choices=line.choices, name=line.name, code=line.code, reason=line.reason[:300], sure=line.sure,
            **({"was_name": old.name, "was_code": old.code, "revision": old.revision} if old else {}),
        )
        for key, line in zip(uuid7s(len(lines)), lines, strict=True)
        for old in [known.get(line.was)]
    )  # fmt: skip


def open_plan(plan_id: UUID, by: Actor) -> Adjustment:
    """Return a draft, locked. Raises Hidden, Refused, Conflict where it is applied or dropped already."""
    found = queries.get_adjustment(plan_id, by, locked=True)
    authority.require(by, Can.MANAGE, at=found.place_path)
    if found.state != AdjustmentState.DRAFT:
        raise Conflict(_("「%(title)s」已经处理过了") % {"title": found.title})
    return found


def even(into: Sequence[str]) -> list[int]:
    """Return equal shares in percent for so many heirs."""
    return comparing.percent([1] * len(into))


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person says of one line. `into`: references ("=path", "+key"); `choices` and `shares` as the model has."""

    kind: str
    into: Sequence[str] = ()
    name: str = ""
    code: str = ""
    shares: Sequence[int] = ()
    choices: Mapping[str, int] = field(default_factory=dict)


@transaction.atomic
def correct(line_id: UUID, said: Decision, *, by: Actor) -> AdjustmentLine:
    """Settle a line. Raises Hidden, Refused, Conflict (not a draft any more), Invalid (what does not fit)."""
    line = queries.get_line(line_id, by)
    made = open_plan(line.plan_id, by)
    line.refresh_from_db()
    if said.kind not in set(Fate) - {Fate.UNMATCHED}:
        raise Invalid({"kind": _("请选一种去向")})
    _check(made, line, said)
    before = list(line.into)
    line.kind, line.into = said.kind, list(dict.fromkeys(said.into))
    line.name, line.code = said.name or line.name, said.code
    line.shares, line.choices = list(said.shares), dict(said.choices)
    if said.kind == Fate.SPLIT and not said.choices and list(said.into) != before:
        line.choices = _by_shape(line)
    if said.kind == Fate.MOVED and said.into[0][0] == "=":
        line.into = [_stands_below(made, line, said.into[0])]
    if said.kind == Fate.RENAMED and said.into:
        _takes(made, line, said.into[0])
    line.sure, line.settled_by, line.settled_at = 100, by.name, clock.now()
    line.save()
    retake(made)
    what = f"{line.was_name or line.name} {terms.FATE_NAMES[Fate(line.kind)]}"
    ledger.record(Did.CORRECTED, made, by=by, chain=made.pk, what=what, kind=line.kind, was=line.was, into=line.into)
    return line


def _takes(made: Adjustment, line: AdjustmentLine, ref: str) -> None:
    """Let an old place be a new one of the table: it takes its name and code, and its parent where that is another."""
    node = made.nodes[ref[1:]]
    line.name, line.code = node["name"], node["code"] or line.was_code
    if node["up"] != f"={paths.parent(line.was)}":
        line.kind = Fate.MOVED


def _by_shape(line: AdjustmentLine) -> dict[str, int]:
    """Give the places below a split one to the heir whose shape holds their point; where shapes say nothing, nobody."""
    paths_of = [ref[1:] if ref[0] == "=" and ref[1:] != line.was else "" for ref in line.into]
    rows = Place.whole.filter(path__in=[p for p in paths_of if p], shape__isnull=False).values_list("path", "shape")
    shapes = {path: shapely.from_wkb(bytes(shape)) for path, shape in rows if shape}
    held = Place.objects.filter(parent__path=line.was, until__isnull=True, lon__isnull=False)
    found: dict[str, int] = {}
    for path, lon, lat in held.values_list("path", "lon", "lat"):
        for index, heir in enumerate(paths_of):
            if heir in shapes and shapely.intersects_xy(shapes[heir], lon, lat):
                found[path] = index
    return {path: index for path, index in found.items() if index}


def _stands_below(made: Adjustment, line: AdjustmentLine, up: str) -> str:
    """Make the place that a moved one becomes below another parent; returns its reference."""
    key = f"@{line.was}"
    made.nodes[key] = {
        "name": line.name or line.was_name,
        "code": line.code,
        "level": line.level,
        "up": up,
        "urban": "",
    }
    made.save(update_fields=["nodes"])
    return f"+{key}"


def _check(made: Adjustment, line: AdjustmentLine, said: Decision) -> None:
    wants = {Fate.RENAMED: (0, 1), Fate.RECODED: (0, 0), Fate.MOVED: (1, 1), Fate.MERGED: (1, 1), Fate.CLOSED: (0, 0),
             Fate.SPLIT: (2, 9), Fate.FOUNDED: (1, 1)}  # fmt: skip
    low, high = wants[Fate(said.kind)]
    if not low <= len(set(said.into)) <= high:
        raise Invalid({"into": _("拆分要选两个以上的去向") if low > 1 else _("请选去向") if low else _("不用选去向")})
    if bool(line.was) == (said.kind == Fate.FOUNDED):
        raise Invalid({"kind": _("这一行不能这样处理")})
    for ref in said.into:
        if not (ref[:1] == "+" and ref[1:] in made.nodes):
            _heir(made, line, said.kind, ref)
    if said.kind == Fate.RENAMED and not said.into:
        drafts.text(said.name, "name")
    if said.code and said.kind in {Fate.RENAMED, Fate.RECODED}:
        codes.check(said.code, terms.Scheme.STAT)
    if said.shares and (len(said.shares) != len(said.into) or min(said.shares) < 0 or sum(said.shares) != 100):
        raise Invalid({"shares": _("各占多少要合计 100")})


def _heir(made: Adjustment, line: AdjustmentLine, kind: str, ref: str) -> None:
    """Check a place that is there as the place where another goes. Raises Invalid."""
    place = Place.objects.filter(path=ref[1:], until__isnull=True).first() if ref[:1] == "=" else None
    if place is None or not paths.contains(made.place_path, place.path):
        raise Invalid({"into": _("去向不在这次调整的范围里，或已撤销")})
    if place.path == line.was and kind != Fate.SPLIT:
        raise Invalid({"into": _("不能并入自己")})
    if line.was and place.path != line.was and place.path.startswith(line.was):
        raise Invalid({"into": _("不能并入自己的下级")})
    if kind == Fate.MOVED and not fits(line.level, place.level):
        raise Invalid({"into": _("不能放在%(level)s之下") % {"level": place.level_name}})
    if kind in {Fate.MERGED, Fate.SPLIT} and place.level != line.level:
        told = {"name": place.name, "level": place.level_name}
        raise Invalid({"into": _("「%(name)s」是%(level)s，级别不同") % told})


@transaction.atomic
def split_off(line_id: UUID, origin: str, *, by: Actor) -> AdjustmentLine:
    """Say of a new place that it was part of an old one, which goes on: makes or widens the old one's split line.

    Raises Hidden, Refused, Conflict, Invalid (not a new place's line; origin unknown or gone otherwise).
    """
    line = queries.get_line(line_id, by)
    made = open_plan(line.plan_id, by)
    if line.was or len(line.into) != 1:
        raise Invalid({"origin": _("只有新设的地方才能说从哪里分出")})
    old = Place.objects.filter(path=origin, until__isnull=True).first()
    if old is None or not paths.contains(made.place_path, old.path) or old.level != line.level:
        raise Invalid({"origin": _("请选同一级别、还在用的地方")})
    parted, fresh = AdjustmentLine.objects.get_or_create(
        plan=made, was=old.path,
        defaults={"kind": Fate.SPLIT, "level": old.level, "was_name": old.name, "was_code": old.code,
                  "revision": old.revision, "into": [f"={old.path}"]},
    )  # fmt: skip
    if not fresh and parted.kind not in {Fate.SPLIT, Fate.RENAMED, Fate.RECODED, Fate.UNMATCHED}:
        raise Invalid({"origin": _("「%(name)s」已有别的去向") % {"name": old.name}})
    if parted.kind != Fate.SPLIT:
        parted.kind, parted.into = Fate.SPLIT, [f"={old.path}"]
    parted.into = list(dict.fromkeys([*parted.into, *line.into]))
    parted.shares = comparing.percent([1] * len(parted.into))
    parted.reason = _("人工核对")
    parted.sure, parted.settled_by, parted.settled_at = 100, by.name, clock.now()
    parted.save()
    retake(made)
    ledger.record(Did.CORRECTED, made, by=by, chain=made.pk, what=f"{old.name} {terms.FATE_NAMES[Fate.SPLIT]}",
                  kind=Fate.SPLIT, was=old.path, into=parted.into)  # fmt: skip
    return parted


def retake(made: Adjustment) -> None:
    """Mark the new places that some old one became, so that they are not founded beside it."""
    lines = list(made.lines.all())
    used = {ref for line in lines if line.was for ref in line.into if ref[0] == "+"}
    taken = {line.pk for line in lines if not line.was and line.into and line.into[0] in used}
    made.lines.filter(pk__in=taken).update(taken=True)
    made.lines.exclude(pk__in=taken).update(taken=False)


@transaction.atomic
def accept(plan_id: UUID, kind: str, *, by: Actor) -> int:
    """Accept every proposal of one kind that waits for a look; returns how many. What has no proposal keeps waiting."""
    made = open_plan(plan_id, by)
    lines = made.lines.filter(kind=kind, sure__lt=terms.SURE, taken=False).exclude(kind=Fate.UNMATCHED)
    n = lines.update(sure=100, settled_by=by.name, settled_at=clock.now())
    if n:
        what = f"{terms.FATE_NAMES[Fate(kind)]} {n}"
        ledger.record(Did.CORRECTED, made, by=by, chain=made.pk, what=what, kind=kind, lines=n)
    return n


@transaction.atomic
def drop(plan_id: UUID, *, by: Actor) -> Adjustment:
    """Put a draft aside for good. Nothing in the tree changes."""
    made = open_plan(plan_id, by)
    made.state = AdjustmentState.DROPPED
    made.save(update_fields=["state"])
    ledger.record(Did.DROPPED, made, by=by, chain=made.pk)
    return made
