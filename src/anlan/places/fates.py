"""Works out what an adjustment does to each place, before anything is written: who is founded where, closed into what.

A path is a place's identity: a place that gets another parent is founded anew there and closed where it was, with all
that lies below it, so that the old path keeps its name and its history. Pure.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from anlan.kernel import paths
from anlan.kernel.authority import Invalid
from anlan.places.terms import LEVEL_NAMES, RANK, Fate, Level

LONGEST = 40


def _fits(level: str, above: str) -> bool:
    """Say whether a level may stand below another; a grid hangs on a community or a grid only (domain-facts B1)."""
    if level == Level.GRID:
        return above in {Level.COMMUNITY, Level.GRID}
    return RANK[Level(level)] > RANK[Level(above)]


@dataclass(frozen=True, slots=True)
class Spot:
    """An open place of the tree; `last` is the number of its last child."""

    path: str
    level: str
    name: str
    last: int = 0


@dataclass(frozen=True, slots=True)
class Order:
    """A line of the plan, as `models.AdjustmentLine` explains it."""

    kind: str
    was: str
    into: Sequence[str]
    name: str = ""
    code: str = ""
    shares: Sequence[int] = ()
    choices: Mapping[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class Fresh:
    """A place to be founded. `source` is the path of the place whose values it takes over."""

    path: str
    level: str
    name: str
    code: str = ""
    urban: str = ""
    source: str = ""
    recoded: bool = False


@dataclass(slots=True)
class Outcome:
    """What it comes to. `gone`: old path → (heir's path, kind); `lineage`: (kind, was, now, share)."""

    fresh: list[Fresh] = field(default_factory=list)
    gone: dict[str, tuple[str, Fate]] = field(default_factory=dict)
    changed: dict[str, tuple[str, str]] = field(default_factory=dict)  # path → (name, code), "" where it stays
    lineage: list[tuple[Fate, str, str, float]] = field(default_factory=list)
    last: dict[str, int] = field(default_factory=dict)  # path → number of the last child, where that grew
    keys: dict[str, str] = field(default_factory=dict)  # node key → path
    chosen: dict[str, str] = field(default_factory=dict)  # row id → path
    parted: list[str] = field(default_factory=list)  # split places that go on themselves

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """Every path that rows leave, and where they go; a place that was split and goes on stands for itself."""
        return [(was, now) for was, (now, _) in self.gone.items()] + [(p, p) for p in self.parted]


def work_out(spots: Iterable[Spot], orders: Sequence[Order], nodes: Mapping[str, Mapping[str, str]]) -> Outcome:
    """Work a plan out over all open places of its subtree. Raises Invalid for a circle or a misfit."""
    return _Work(spots, orders, nodes).run()


class _Work:
    def __init__(self, spots: Iterable[Spot], orders: Sequence[Order], nodes: Mapping[str, Mapping[str, str]]) -> None:
        self.spots = {s.path: s for s in sorted(spots, key=lambda s: s.path)}
        self.orders = {o.was: o for o in orders if o.was}
        self.founding = [o for o in orders if not o.was]
        self.nodes = nodes
        self.out = Outcome()
        self.names: dict[str, set[str]] = defaultdict(set)  # of the places below a path, as they will be called
        self.busy: set[str] = set()
        self.made: dict[str, Fresh] = {}

    def run(self) -> Outcome:
        for path, spot in self.spots.items():
            order = self.orders.get(path)
            self.names[paths.parent(path)].add(order.name if order and order.name else spot.name)
        for order in self.founding:
            for ref in order.into:
                self._ref(ref)
        for path in self.spots:
            self._go(path)
        self.out.fresh.sort(key=lambda f: f.path)
        for path in self.spots:
            self._heirs(path)
        return self.out

    def _ref(self, ref: str) -> str:
        """Return the path that a reference will have."""
        return self._node(ref[1:]) if ref[0] == "+" else self._go(ref[1:])

    def _once(self, key: str, name: str) -> None:
        if key in self.busy:
            raise Invalid(f"「{name}」绕成了圈：它要去的地方又要去它那里")
        self.busy.add(key)

    def _node(self, key: str, source: str = "") -> str:
        if key in self.out.keys:
            return self.out.keys[key]
        node = self.nodes[key]
        self._once(f"+{key}", node["name"])
        path = self._found(self._ref(node["up"]), node["level"], node["name"], source)
        self.made[path].code, self.made[path].urban = node.get("code", ""), node.get("urban", "")
        self.made[path].recoded = bool(node.get("code"))
        self.out.keys[key] = path
        self.busy.discard(f"+{key}")
        return path

    def _found(self, up: str, level: str, name: str, source: str) -> str:
        above = self.made[up].level if up in self.made else self.spots[up].level if up in self.spots else ""
        if above and not _fits(level, above):
            raise Invalid(f"{LEVEL_NAMES[Level(level)]}「{name}」不能放在{LEVEL_NAMES[Level(above)]}之下")
        if not above:
            raise Invalid(f"「{name}」的上级不在这次调整的范围里，或已撤销")
        number = self.out.last.get(up) or (self.spots[up].last if up in self.spots else 0)
        self.out.last[up] = number + 1
        path = paths.child(up, number + 1)
        if len(path) > LONGEST:
            raise Invalid(f"「{name}」层级过深")
        fresh = Fresh(path, level, name, source=source)
        self.made[path] = fresh
        self.out.fresh.append(fresh)
        return path

    def _go(self, path: str) -> str:
        """Return where a place will be; its own path if it stays."""
        if path in self.out.gone:
            return self.out.gone[path][0]
        if path not in self.spots:
            raise Invalid(f"去向 {path} 不在这次调整的范围里，或已撤销")
        if path in self.out.changed:
            return path
        spot, order = self.spots[path], self.orders.get(path)
        self._once(path, spot.name)
        now, kind = self._ordered(spot, order) if order else self._following(spot, None)
        self.busy.discard(path)
        if now == path:
            self.out.changed.setdefault(path, ("", ""))
            return path
        self.out.changed.pop(path, None)
        self.out.gone[path] = (now, kind)
        return now

    def _ordered(self, spot: Spot, order: Order) -> tuple[str, Fate]:
        match order.kind:
            case Fate.MOVED:
                key = order.into[0][1:]
                if self._inside_itself(key, spot.path):
                    raise Invalid(f"「{spot.name}」不能放到自己下面")
                return self._node(key, source=spot.path), Fate.MOVED
            case Fate.MERGED:
                now = self._ref(order.into[0])
                if now.startswith(spot.path):
                    raise Invalid(f"「{spot.name}」不能并入自己或自己的下级")
                return now, Fate.MERGED
            case Fate.SPLIT:
                return self._parted(spot, order)
            case Fate.CLOSED:
                up = paths.parent(spot.path)
                if not up or up not in self.spots:
                    raise Invalid(f"「{spot.name}」没有上级可以接手，不能这样撤销")
                return self._go(up), Fate.CLOSED
            case Fate.RENAMED | Fate.RECODED:
                return self._following(spot, order)
        raise Invalid(f"「{spot.name}」还没有去向")

    def _inside_itself(self, key: str, path: str) -> bool:
        seen = set()
        ref = f"+{key}"
        while ref[0] == "+" and ref not in seen:
            seen.add(ref)
            ref = self.nodes[ref[1:]]["up"]
        return ref[0] == "=" and ref[1:].startswith(path)

    def _parted(self, spot: Spot, order: Order) -> tuple[str, Fate]:
        own = f"={spot.path}"
        if len(order.into) < 2:
            raise Invalid(f"「{spot.name}」拆分后至少要有两个地方")
        if own in order.into:
            # it goes on, smaller: the others may stand beside it or below
            self.out.changed[spot.path] = (order.name, order.code)
            now = self._following(spot, order)[0]
        else:
            now = ""
        heirs = [now if ref == own else self._ref(ref) for ref in order.into]
        if not now and any(h.startswith(spot.path) for h in heirs):
            raise Invalid(f"「{spot.name}」不能拆进自己的下级")
        shares = order.shares if len(order.shares) == len(heirs) else [round(100 / len(heirs))] * len(heirs)
        total = sum(shares) or 1
        for heir, share in zip(heirs, shares, strict=True):
            if share:
                self.out.lineage.append((Fate.SPLIT, spot.path, heir, share / total))
        for what, index in order.choices.items():
            if index < len(heirs) and what not in self.spots:
                self.out.chosen[what] = heirs[index]
        if now == spot.path:
            self.out.parted.append(spot.path)
        return now or heirs[0], Fate.SPLIT

    def _following(self, spot: Spot, order: Order | None) -> tuple[str, Fate]:
        """Follow the place above, where that goes; else stay, perhaps with another name or code."""
        up = paths.parent(spot.path)
        name, code = (order.name or spot.name, order.code) if order else (spot.name, "")
        above = self.orders.get(up)
        heir = up
        if up in self.spots:
            heir = self._go(up)
            if above and above.kind == Fate.SPLIT:
                index = above.choices.get(spot.path, 0)
                heir = self._ref(above.into[index]) if index < len(above.into) else heir
        if heir == up:
            self.out.changed[spot.path] = (order.name, order.code) if order else ("", "")
            return spot.path, Fate.RENAMED
        gone = self.out.gone.get(up)
        if gone and gone[1] == Fate.CLOSED:
            return heir, Fate.CLOSED
        if name in self.names[heir]:
            name = f"{name}（原{self.spots[up].name}）"[:120]
        self.names[heir].add(name)
        path = self._found(heir, spot.level, name, spot.path)
        self.made[path].code, self.made[path].recoded = code, bool(code)
        return path, Fate.MOVED

    def _heirs(self, path: str) -> None:
        """Note the lineage of a place that went whole."""
        if path in self.out.gone:
            now, kind = self.out.gone[path]
            if kind != Fate.SPLIT:
                self.out.lineage.append((kind, path, now, 1.0))
