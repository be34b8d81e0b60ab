"""An adjustment takes effect: the tree, everything that stands on it and the ledger, in one transaction."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext as _

from anlan.kernel import authority, clock, paths
from anlan.kernel.authority import Actor, Conflict, Invalid
from anlan.kernel.ids import uuid7s
from anlan.ledger import services as ledger
from anlan.places import codes, fates, names, queries, terms
from anlan.places.fates import Fresh, Order, Outcome, Spot
from anlan.places.models import Adjustment, AdjustmentLine, Code, Lineage, Place
from anlan.places.ports import Move
from anlan.places.services import bulk, carrying, following
from anlan.places.services.adjusting import open_plan
from anlan.places.services.tree import bump
from anlan.places.terms import AdjustmentState, Can, Did, Fate

_KEPT = ("urban_class", "population", "households", "grid_level", "lines", "lon", "lat", "shape", "aliases")
_BARE: dict[str, Any] = dict.fromkeys(_KEPT) | {"lines": [], "aliases": []}


@dataclass(frozen=True, slots=True)
class Weight:
    """What an adjustment would move: places closed, founded, renamed; (what, how many) of the rows that go along."""

    founded: int
    closed: int
    changed: int
    rows: list[tuple[str, int]]


def outcome(plan: Adjustment, lines: Sequence[AdjustmentLine] | None = None) -> Outcome:
    """Work a plan out over the tree as it is now. Raises Invalid, naming the place that is in the way."""
    known = list(plan.lines.all()) if lines is None else lines
    orders = [Order(x.kind, x.was, x.into, x.name, x.code, x.shares, x.choices) for x in known if not x.taken]
    rows = Place.objects.filter(queries.under(_tops(plan, orders)), until__isnull=True)
    spots = (Spot(*row) for row in rows.values_list("path", "level", "name", "last_child"))
    return fates.work_out(spots, orders, plan.nodes)


def _tops(plan: Adjustment, orders: Sequence[Order]) -> Iterable[str]:
    """Return the subtrees that the plan touches, each with the place above it."""
    refs = [ref[1:] for o in orders for ref in o.into if ref[0] == "="]
    refs += [node["up"][1:] for node in plan.nodes.values() if node["up"][0] == "="]
    touched = paths.minimal([paths.parent(o.was) or o.was for o in orders if o.was] + refs)
    return [t if paths.contains(plan.place_path, t) else plan.place_path for t in touched]


def weigh(plan: Adjustment) -> Weight:
    """Say what a plan would move, without moving it. Raises Invalid where it cannot take effect."""
    _settled(plan)
    _due(plan)
    out = outcome(plan)
    changed = sum(1 for name, code in out.changed.values() if name or code)
    return Weight(len(out.fresh), len(out.gone), changed, carrying.counted(out.pairs))


@transaction.atomic
def apply(plan_id: UUID, *, by: Actor) -> Adjustment:
    """Put an adjustment into effect, whole or not at all.

    Raises Hidden, Refused, Conflict (done already, a place changed since the comparison, a call is being spread),
    Invalid (lines still wait, or the plan contradicts itself).
    """
    bulk.one_at_a_time()
    plan = open_plan(plan_id, by)
    lines = list(plan.lines.all())
    _settled(plan)
    _due(plan)
    _hold(lines)
    out = outcome(plan, lines)
    if not (out.fresh or out.gone or any(n or c for n, c in out.changed.values())):
        raise Invalid(_("没有要改的"))
    olds = _olds(out)
    for path in olds:
        authority.require(by, Can.MANAGE, at=path)
    effects = _Writing(plan, out, olds).write()
    moved = carrying.carry(_move(plan, out, olds))
    plan.state, plan.applied_at, plan.applied_by = AdjustmentState.APPLIED, clock.now(), by.name
    plan.effects, plan.moved = effects, moved
    plan.save()
    _Entries(plan, out, olds).record(by)
    following.later(plan)
    bump(shapes=True)
    return plan


def _settled(plan: Adjustment) -> None:
    if n := queries.waiting(plan).count():
        raise Invalid(_("还有 %(n)d 行没有核对，核对完才能生效") % {"n": n})


def _due(plan: Adjustment) -> None:
    """Rows go along at once, so a plan waits for its day."""
    if plan.day > queries.tree.today():
        raise Invalid(_("%(day)s 才生效，到那天再办；核对好的都留着") % {"day": plan.day})


def _hold(lines: Sequence[AdjustmentLine]) -> None:
    """Lock the places of the lines; refuse where somebody changed one since the comparison."""
    wanted = {x.was: x for x in lines if x.was}
    held = {p.path: p for p in Place.objects.select_for_update(of=("self",)).filter(path__in=wanted).order_by("path")}
    late = [x.was_name for path, x in wanted.items() if path not in held or held[path].revision != x.revision
            or held[path].until is not None]  # fmt: skip
    if late:
        raise Conflict(
            _("比对之后有 %(n)d 个地方又改过（%(names)s）；请拿新表再比对一次")
            % {"n": len(late), "names": "、".join(late[:5])}
        )


def _olds(out: Outcome) -> dict[str, Place]:
    """Return every place that goes, changes or gets children, by path, with its shape."""
    wanted = {*out.gone, *out.last, *(p for p, (n, c) in out.changed.items() if n or c), *out.parted}
    wanted |= {f.source for f in out.fresh if f.source} | {now for now, _ in out.gone.values()}
    rows = Place.whole.select_for_update(of=("self",)).filter(path__in=wanted).order_by("path")
    return {p.path: p for p in rows}


class _Writing:
    """Writes an outcome to the tree and keeps what undoing takes."""

    def __init__(self, plan: Adjustment, out: Outcome, olds: dict[str, Place]) -> None:
        self.plan, self.out, self.olds = plan, out, olds
        self.ids = dict(zip((f.path for f in out.fresh), uuid7s(len(out.fresh)), strict=True))
        leave = [*out.gone, *(p for p, (_, c) in out.changed.items() if c)]
        rows = Code.objects.filter(place__path__in=leave, until__isnull=True).select_related("place")
        self.codes: dict[str, list[Code]] = {}
        for row in rows:
            self.codes.setdefault(row.place.path, []).append(row)

    def write(self) -> dict[str, Any]:
        self._check_codes()
        ended = self._end_codes()
        changed = self._change()
        counters = self._count_children()
        self._found()
        self._close()
        Lineage.objects.bulk_create(
            Lineage(plan=self.plan, kind=kind, was=was, now=now, day=self.plan.day, share=share)
            for kind, was, now, share in self.out.lineage
        )
        return {
            "founded": {f.path: str(self.ids[f.path]) for f in self.out.fresh},
            "closed": [str(self.olds[p].pk) for p in self.out.gone],
            "changed": changed, "codes": ended, "children": counters,
        }  # fmt: skip

    def _check_codes(self) -> None:
        late = [c for rows in self.codes.values() for c in rows if c.since and c.since >= self.plan.day]
        if late:
            raise Invalid({"day": _("「%(name)s」的编码从 %(day)s 才启用，生效日应更晚") % {
                "name": late[0].place.name, "day": late[0].since}})  # fmt: skip
        old = [p for p in self.olds.values() if p.path in self.out.gone and p.since and p.since > self.plan.day]
        if old:
            raise Invalid({"day": _("「%(name)s」%(day)s 才设立，生效日应更晚") % {
                "name": old[0].name, "day": old[0].since}})  # fmt: skip
        freed = {(c.scheme, c.code) for rows in self.codes.values() for c in rows}
        wanted = [f.code for f in self.out.fresh if f.code] + [c for _, c in self.out.changed.values() if c]
        twice = sorted({c for c in wanted if wanted.count(c) > 1}) if len(set(wanted)) < len(wanted) else []
        held = Code.objects.filter(scheme=terms.Scheme.STAT, code__in=wanted, until__isnull=True)
        for row in held.select_related("place"):
            if (row.scheme, row.code) not in freed:
                raise Invalid(_("编码 %(code)s 已属于「%(name)s」") % {"code": row.code, "name": row.place.name})
        if twice:
            raise Invalid(_("编码 %(code)s 给了两个地方") % {"code": twice[0]})

    def _end_codes(self) -> list[str]:
        """End the codes of what goes, and the division codes of what is recoded."""
        ended = [
            c.pk for path, rows in self.codes.items() for c in rows
            if path in self.out.gone or c.scheme == terms.Scheme.STAT
        ]  # fmt: skip
        Code.objects.filter(pk__in=ended).update(until=self.plan.day)
        return [str(pk) for pk in ended]

    def _change(self) -> list[dict[str, Any]]:
        """Rename and recode what stays; heirs take the names of what they took in, so that a search finds them."""
        taken: dict[str, list[str]] = {}
        for was, (now, kind) in self.out.gone.items():
            if kind == Fate.MERGED and now in self.olds:
                taken.setdefault(now, []).append(self.olds[was].name)
        before: list[dict[str, Any]] = []
        rows, fresh = [], []
        for path in sorted({*taken, *(p for p, (n, c) in self.out.changed.items() if n or c)}):
            place = self.olds[path]
            name, code = self.out.changed.get(path, ("", ""))
            before.append({"id": str(place.pk), "name": place.name, "aliases": place.aliases, "code": place.code,
                           "scheme": place.scheme})  # fmt: skip
            also = [*place.aliases, *taken.get(path, [])]
            if name and name != place.name:
                also.append(place.name)
                place.name = name
            place.aliases = [a for a in dict.fromkeys(also) if a != place.name]
            if code and code != place.code:
                fresh.append(Code(place=place, scheme=terms.Scheme.STAT, code=codes.check(code, terms.Scheme.STAT),
                                  since=self.plan.day))  # fmt: skip
                place.code, place.scheme = fresh[-1].code, terms.Scheme.STAT
            place.revision += 1
            rows.append(searched(place))
            before[-1]["revision"] = place.revision
        bulk.update(rows, ("name", "pinyin", "aliases", "grams", "scheme", "code", "revision"), at=clock.now())
        Code.objects.bulk_create(fresh)
        return before

    def _count_children(self) -> dict[str, int]:
        grown = {p: n for p, n in self.out.last.items() if p in self.olds}
        bulk.update([{"id": str(self.olds[p].pk), "last_child": n} for p, n in grown.items()], ["last_child"], at=None)
        return grown

    def _found(self) -> None:
        now = clock.now()
        made = [(f, self._above(f)) for f in self.out.fresh]

        def line(f: Fresh, up: UUID) -> Sequence[Any]:
            old = self.olds.get(f.source)
            kept: dict[str, Any] = {k: getattr(old, k) for k in _KEPT} if old else dict(_BARE)
            if old and old.name != f.name:
                kept["aliases"] = [a for a in dict.fromkeys([*kept["aliases"], old.name]) if a != f.name]
            scheme, code = self._code(f)
            shape = bytes(kept["shape"]) if kept["shape"] else None
            return (
                self.ids[f.path], f.path, up, self.out.last.get(f.path, 0), f.level, f.name, names.initials(f.name),
                kept["aliases"], names.grams(f.name, kept["aliases"]), scheme, code, self.plan.day, None,
                f.urban or kept["urban_class"] or "", kept["population"], kept["households"], kept["grid_level"],
                kept["lines"], kept["lon"], kept["lat"], shape, self.plan.file_name[:200], 1, now,
            )  # fmt: skip

        bulk.copy("places_place", bulk.PLACE, (line(f, up) for f, up in made))
        held = [(f.path, s, c) for f in self.out.fresh for s, c in self._all_codes(f)]
        bulk.copy("places_code", bulk.CODE, (
            (key, self.ids[path], s, c, self.plan.day, None)
            for key, (path, s, c) in zip(uuid7s(len(held)), held, strict=True)
        ))  # fmt: skip

    def _above(self, f: Fresh) -> UUID:
        up = paths.parent(f.path)
        return self.ids[up] if up in self.ids else self.olds[up].pk

    def _code(self, f: Fresh) -> tuple[str, str]:
        """Return the code that a founded place shows: its own of the table, or that of the place it continues."""
        if f.code:
            return str(terms.Scheme.STAT), codes.check(f.code, terms.Scheme.STAT)
        old = self.olds.get(f.source)
        return (old.scheme, old.code) if old else ("", "")

    def _all_codes(self, f: Fresh) -> list[tuple[str, str]]:
        kept = [(c.scheme, c.code) for c in self.codes.get(f.source, []) if not (f.recoded and c.scheme == "stat")]
        own = self._code(f)
        return list(dict.fromkeys([own, *kept])) if own[1] else kept

    def _close(self) -> None:
        rows = [(self.olds[was].pk, self.ids.get(now) or self.olds[now].pk) for was, (now, _) in self.out.gone.items()]
        with connection.cursor() as cursor:
            cursor.execute(
                """UPDATE places_place p SET until = %s, successor_id = q.heir, revision = revision + 1, changed_at = %s
                   FROM unnest(%s::uuid[], %s::uuid[]) AS q (id, heir) WHERE p.id = q.id""",
                [self.plan.day, clock.now(), [r[0] for r in rows], [r[1] for r in rows]],
            )


def searched(place: Place) -> dict[str, Any]:
    """Return a place's name and code as `bulk.update` takes them, its search columns made anew."""
    place.pinyin, place.grams = names.initials(place.name), names.grams(place.name, place.aliases)
    keys = ("name", "pinyin", "aliases", "grams", "scheme", "code", "revision")
    return {"id": str(place.pk)} | {k: getattr(place, k) for k in keys}


def _move(plan: Adjustment, out: Outcome, olds: dict[str, Place]) -> Move:
    ends = {now for _, now in out.pairs} | set(out.chosen.values())
    rows = Place.objects.filter(path__in=ends).values_list("path", "pk", "level")
    return Move(
        plan=plan.pk, pairs=out.pairs, seats={path: (pk, level) for path, pk, level in rows},
        names={p: place.name for p, place in olds.items()},
        chosen={UUID(row): path for row, path in out.chosen.items()},
    )  # fmt: skip


class _Entries:
    """Enters what became of each place, at the path where it was."""

    def __init__(self, plan: Adjustment, out: Outcome, olds: dict[str, Place]) -> None:
        self.plan, self.out, self.olds = plan, out, olds
        self.on = plan.day.isoformat()
        self.lines: dict[Did, list[ledger.Line]] = {}
        self.called = queries.names({*(now for now, _ in out.gone.values()), *(row[2] for row in out.lineage)})

    def _enter(self, did: Did, place_id: UUID, path: str, **values: Any) -> None:
        line = ledger.Line("places.place", place_id, path, self.plan.pk, values=values | {"on": self.on})
        self.lines.setdefault(did, []).append(line)

    def record(self, by: Actor) -> None:
        self._gone()
        self._split()
        self._changed()
        for f in self.out.fresh:
            key = UUID(self.plan.effects["founded"][f.path])
            self._enter(Did.ADDED, key, f.path, name=f.name, level=f.level, code=f.code)
        for did, many in self.lines.items():
            ledger.record_many(did, many, by=by)
        ledger.record(
            Did.ADJUSTED, self.plan, by=by, chain=self.plan.pk, title=self.plan.title, day=self.on,
            basis=self.plan.basis, founded=len(self.out.fresh), closed=len(self.out.gone), moved=self.plan.moved,
        )  # fmt: skip

    def _gone(self) -> None:
        dids = {Fate.MOVED: Did.MOVED, Fate.MERGED: Did.MERGED, Fate.CLOSED: Did.CLOSED}
        reason = self.plan.basis or self.plan.title
        for was, (now, kind) in self.out.gone.items():
            if kind in dids:
                name = self.called.get(now, "")
                self._enter(dids[kind], self.olds[was].pk, was, now=name, into=now, reason=reason)

    def _split(self) -> None:
        split: dict[str, list[str]] = {}
        for kind, was, now, _share in self.out.lineage:
            if kind == Fate.SPLIT:
                split.setdefault(was, []).append(now)
        for was, heirs in split.items():
            names_now = "、".join(self.called.get(h, "") for h in heirs)
            self._enter(Did.SPLIT, self.olds[was].pk, was, now=names_now, into=heirs)

    def _changed(self) -> None:
        by_id = {str(p.pk): p for p in self.olds.values()}
        for row in self.plan.effects["changed"]:
            place = by_id[row["id"]]
            if row["name"] != place.name:
                self._enter(Did.RENAMED, place.pk, place.path, was=row["name"], now=place.name)
            if row["code"] != place.code:
                self._enter(Did.RECODED, place.pk, place.path, scheme=place.scheme, was=row["code"], now=place.code)
