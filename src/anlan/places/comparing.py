"""Compares a new table of divisions with the tree: who stays, is renamed, moved, merged, split, new or gone. Pure.

The code decides first, then the name under the same parent, then the names of those below, then likeness; each finding
says why and how sure it is (0 … 100).
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher

from anlan.kernel import paths
from anlan.places.names import plain
from anlan.places.terms import LEVELS, RANK, Fate, Level

_KIND = re.compile(r"(社区居民委员会|社区居委会|居民委员会|村民委员会|居委会|村委会|社区|街道办事处|街道|办事处"
                   r"|自治县|新区|[村镇乡县区市])$")  # fmt: skip
MOST = 0.5  # share of the names below that must be found again
SOME = 0.15
LIKE = 0.6


@dataclass(frozen=True, slots=True)
class Old:
    """A place that is there."""

    path: str
    level: str
    name: str
    code: str = ""


@dataclass(frozen=True, slots=True)
class New:
    """A place as the new table has it. `up` is the key of the one above, empty at the top of the table."""

    key: str
    level: str
    name: str
    code: str = ""
    up: str = ""
    urban: str = ""


@dataclass(slots=True)
class Line:
    """A finding. `into` are references: "=path" of a place that is there, "+key" of a new one."""

    kind: Fate
    level: str
    was: str = ""
    into: list[str] = field(default_factory=list)
    shares: list[int] = field(default_factory=list)
    choices: dict[str, int] = field(default_factory=dict)
    name: str = ""
    code: str = ""
    reason: str = ""
    sure: int = 0


@dataclass(slots=True)
class Comparison:
    """What came out: lines, how many stayed as they are, and the new places with references to those above."""

    lines: list[Line] = field(default_factory=list)
    same: int = 0
    nodes: dict[str, dict[str, str]] = field(default_factory=dict)


def stem(name: str) -> str:
    """Return a name without the word for what it is: 新津县 and 新津区, 黄连村村委会 and 黄连社区 share a stem."""
    bare = plain(name)
    while len(bare) > 2 and (found := _KIND.search(bare)) and len(bare) - len(found.group()) >= 2:
        bare = bare[: found.start()]
    return bare


def compare(olds: Sequence[Old], news: Sequence[New]) -> Comparison:
    """Compare places (a subtree) with a table. Places of levels or branches that the table leaves out stay."""
    work = _Work(olds, news)
    for level in LEVELS:
        if level in work.levels:
            work.match(level)
    return work.done()


class _Work:
    def __init__(self, olds: Sequence[Old], news: Sequence[New]) -> None:
        top = min((RANK[Level(o.level)] for o in olds), default=0)
        kept = [n for n in news if RANK[Level(n.level)] >= top]
        known = {n.key for n in kept}
        self.news = {n.key: n if n.up in known else New(n.key, n.level, n.name, n.code, "", n.urban) for n in kept}
        self.levels = {n.level for n in self.news.values()}
        self.olds = {o.path: o for o in olds}
        self.below: dict[str, list[Old]] = defaultdict(list)  # the places of the table's levels, by the one above
        self.above = {o.path: self._above(o.path) for o in olds}
        for o in olds:
            self.below[self.above[o.path]].append(o)
        self.inside: dict[str, list[New]] = defaultdict(list)
        for n in self.news.values():
            self.inside[n.up].append(n)
        self.now: dict[str, str] = {}  # old path → the new key that it is
        self.was: dict[str, str] = {}  # the same the other way round
        self.homes: dict[str, set[str]] = defaultdict(set)  # new key → old paths whose insides it may hold
        self.notes: dict[str, tuple[str, int]] = {}
        self.gone: dict[str, Line] = {}

    def _above(self, path: str) -> str:
        while path := paths.parent(path):
            if path in self.olds:
                return path
        return ""

    # --- matching, one level at a time

    def match(self, level: str) -> None:
        self.new = {n.key: n for n in self.news.values() if n.level == level}
        self.old = {o.path: o for o in self.olds.values() if o.level == level}
        by_code = {o.code: o for o in self.old.values() if o.code}
        for n in list(self.new.values()):
            o = by_code.get(n.code)
            if o and o.path in self.old and plain(o.name) == plain(n.name):
                self._same(o, n, "代码、名称都没变", 100)
        self._by_name("同一上级下名称没变", 95, plain)
        self._by_code(by_code)
        self._by_name("同一上级下名称只差通名", 85, stem)
        self._elsewhere()
        self._by_inside()
        self._by_likeness()
        self._left_over()

    def _same(self, o: Old, n: New, reason: str, sure: int) -> None:
        self.now[o.path], self.was[n.key] = n.key, o.path
        self.homes[n.key].add(o.path)
        self.notes[o.path] = (reason, sure)
        self.old.pop(o.path, None)
        self.new.pop(n.key, None)

    def _home(self, n: New) -> set[str] | None:
        """Return the old places under which a new one's counterpart is looked for; None: anywhere (top of table)."""
        return self.homes[n.up] if n.up else None

    def _at_home(self, n: New) -> list[Old]:
        home = self._home(n)
        if home is None:
            return list(self.old.values())
        return [o for path in home for o in self.below[path] if o.path in self.old]

    def _by_name(self, reason: str, sure: int, said: Callable[[str], str]) -> None:
        for n in list(self.new.values()):
            found = [o for o in self._at_home(n) if said(o.name) == said(n.name)]
            twins = [t for t in self.inside[n.up] if t.key in self.new and said(t.name) == said(n.name)]
            if len(found) == 1 and len(twins) == 1:
                self._same(found[0], n, reason, sure)

    def _by_code(self, by_code: Mapping[str, Old]) -> None:
        names = Counter(plain(n.name) for n in self.new.values())
        for n in list(self.new.values()):
            o = by_code.get(n.code)
            if o and o.path in self.old and not names[plain(o.name)]:  # else the code was given to another
                alike = stem(o.name) == stem(n.name)
                self._same(o, n, "代码没变，名称变了", 95 if alike else 80)

    def _elsewhere(self) -> None:
        """A name that left one place and turned up in another, once each, was moved."""
        gone = Counter(plain(o.name) for o in self._vanished())
        come = Counter(plain(n.name) for n in self.new.values())
        held = {plain(o.name): o for o in self._vanished()}
        for n in list(self.new.values()):
            word = plain(n.name)
            if gone[word] == 1 == come[word] and n.up:
                self._same(held[word], n, "名称没变，到了另一个上级下", 85)

    def _vanished(self) -> list[Old]:
        """Return the places that the table should have and has not: it says something of what lies beside them."""
        return [o for o in self.old.values() if self._covered(o)]

    def _covered(self, o: Old) -> bool:
        if RANK[Level(o.level)] < RANK[Level.DISTRICT]:
            return False
        up = self.above[o.path]
        keys = [key for key, homes in self.homes.items() if up in homes]
        if not up or (up not in self.now and not keys):
            tops = [n for n in self.inside[""] if n.level == o.level]
            siblings = [n for n in tops if n.key in self.was and self.above[self.was[n.key]] == up]
            # the top of the table: one that names most of them means all of them, else it is a table of a few
            return 2 * len(siblings) > sum(x.level == o.level for x in self.below[up])
        return any(n.level == o.level for key in keys for n in self.inside[key])

    def _by_inside(self) -> None:
        """Follow the names of those below: all in one new place, or several of them."""
        words = {key: {stem(c.name) for c in self.inside[key]} for key, n in self.news.items() if n.level in self.levels
                 and (key in self.new or key in self.was)}  # fmt: skip
        words = {key: w for key, w in words.items() if w}
        went: dict[str, Counter[str]] = {}
        for o in self._vanished():
            mine = {stem(c.name) for c in self.below[o.path]}
            level = [key for key in words if self.news[key].level == o.level]
            found = Counter({key: len(mine & words[key]) for key in level if mine & words[key]})
            near = [key for key in found if self._near(o, self.news[key])]
            if near:
                found = Counter({key: found[key] for key in near})
            if mine and sum(found.values()) >= MOST * len(mine):
                went[o.path] = Counter({key: n for key, n in found.items() if n >= SOME * len(mine)})
        heirs = Counter(key for found in went.values() for key in found)
        for path, found in went.items():
            o = self.old[path]
            share = round(100 * sum(found.values()) / max(len(self.below[path]), 1))
            best = found.most_common(1)[0][0]
            if len(found) == 1 and best in self.new and heirs[best] == 1:
                self._same(o, self.new[best], f"下级有 {min(share, 100)}% 在「{self.news[best].name}」下找到", 80)
            elif len(found) == 1:
                self._goes(o, Fate.MERGED, [best], share)
            elif found:
                self._goes(o, Fate.SPLIT, [key for key, _ in found.most_common()], share)

    def _near(self, o: Old, n: New) -> bool:
        home = self._home(n)
        return home is None or self.above[o.path] in home

    def _goes(self, o: Old, kind: Fate, keys: list[str], share: int) -> None:
        named = "、".join(self.news[key].name for key in keys)
        line = Line(kind, o.level, o.path, keys, reason=f"下级有 {min(share, 100)}% 在「{named}」下找到", sure=80)
        if kind == Fate.SPLIT:
            words = [{stem(c.name) for c in self.inside[key]} for key in keys]
            mine = self.below[o.path]
            for c in mine:
                where = next((i for i, w in enumerate(words) if stem(c.name) in w), 0)
                if where:
                    line.choices[c.path] = where
            counts = Counter(line.choices.get(c.path, 0) for c in mine)
            line.shares = percent([counts[i] for i in range(len(keys))])
        self.gone[o.path] = line
        for key in keys:
            self.homes[key].add(o.path)
            self.new.pop(key, None)
        self.old.pop(o.path)

    def _by_likeness(self) -> None:
        pairs: list[tuple[float, Old, New]] = []
        for n in self.new.values():
            for o in self._at_home(n) if n.up else ():
                like = SequenceMatcher(None, stem(o.name), stem(n.name)).ratio()
                if like >= LIKE:
                    pairs.append((like, o, n))
        for like, o, n in sorted(pairs, key=lambda p: (-p[0], p[1].path, p[2].key)):
            if o.path in self.old and n.key in self.new:
                self._same(o, n, f"同一上级下名称相近（{like:.0%}），请核对", round(60 * like) + 5)

    def _left_over(self) -> None:
        for up in {n.up for n in self.new.values() if n.up}:
            come = [n for n in self.inside[up] if n.key in self.new]
            left = [o for path in self.homes[up] for o in self.below[path] if o.path in self.old and self._covered(o)]
            if len(come) == 1 == len(left):
                self._same(left[0], come[0], "同一上级下少了一个、多了一个，可能是改名，请核对", 40)
        for o in self._vanished():
            self.gone[o.path] = Line(Fate.UNMATCHED, o.level, o.path, reason="新表里没有，也没找到去向")
            self.old.pop(o.path)

    # --- what it comes to

    def done(self) -> Comparison:
        """Return the lines, each with references to where it goes."""
        self.made = Comparison()
        self.moved = {path for path, key in self.now.items() if self._moved(path, key)}
        self.wanted: set[str] = set()
        for path, key in sorted(self.now.items()):
            line = self._told(path, key, moved=path in self.moved)
            if line is None:
                self.made.same += 1
                continue
            if line.kind == Fate.MOVED:
                line.into = [self._ref(key)]
            self.made.lines.append(line)
        for _, line in sorted(self.gone.items()):
            line.into = [self._ref(key) for key in line.into]
            self.made.lines.append(line)
        heirs = {r for line in self.made.lines for r in line.into}
        fresh = [n for key, n in self.news.items() if key not in self.was and f"+{key}" not in heirs]
        self.made.lines += [self._founded(n, self._ref(n.key)) for n in fresh]
        while missing := self.wanted - self.made.nodes.keys():
            for key in sorted(missing):
                self._node(key)
        return self.made

    def _ref(self, key: str) -> str:
        path = self.was.get(key)
        if path is not None and path not in self.moved:
            return f"={path}"
        self.wanted.add(key)
        return f"+{key}"

    def _node(self, key: str) -> None:
        n = self.news[key]
        up = self._ref(n.up) if n.up else f"={self._top(n)}"
        self.made.nodes[key] = {"name": n.name, "code": n.code, "level": n.level, "up": up, "urban": n.urban}

    def _founded(self, n: New, fresh: str) -> Line:
        lost = [line for path in self.homes[n.up] for o in self.below[path]
                if (line := self.gone.get(o.path)) and line.kind == Fate.UNMATCHED] if n.up else []  # fmt: skip
        if lost:
            return Line(Fate.FOUNDED, n.level, into=[fresh], name=n.name, code=n.code,
                        reason="旧表里没有；同一上级下也有没对上的，请核对", sure=50)  # fmt: skip
        return Line(Fate.FOUNDED, n.level, into=[fresh], name=n.name, code=n.code, reason="旧表里没有", sure=75)

    def _moved(self, path: str, key: str) -> bool:
        up = self.news[key].up
        return bool(up) and self.above[path] != self.was.get(up)

    def _told(self, path: str, key: str, *, moved: bool) -> Line | None:
        o, n = self.olds[path], self.news[key]
        reason, sure = self.notes[path]
        renamed, recoded = o.name != n.name, bool(n.code) and n.code != o.code
        kind = Fate.MOVED if moved else Fate.RENAMED if renamed else Fate.RECODED if recoded else None
        if kind is None:
            return None
        if moved and self.above[path] in self.gone:
            reason, sure = f"随「{self.olds[self.above[path]].name}」一起，{reason}", max(sure, 85)
        return Line(kind, o.level, path, name=n.name, code=n.code or o.code, reason=reason, sure=sure)

    def _top(self, n: New) -> str:
        """Return where a new place without a parent in the table belongs: beside the others of its level."""
        beside = Counter(
            self.above[self.was[t.key]] for t in self.inside[""] if t.level == n.level and t.key in self.was
        )
        if beside:
            return beside.most_common(1)[0][0]
        higher = [o.path for o in self.olds.values() if RANK[Level(o.level)] < RANK[Level(n.level)]]
        return max(higher, key=len, default="")


def percent(counts: Iterable[int]) -> list[int]:
    """Return counts as whole percentages that make 100; even where nothing was counted."""
    known = list(counts)
    total = sum(known)
    if not total:
        known, total = [1] * len(known), len(known)
    made = [max(1, round(100 * n / total)) for n in known]
    made[0] += 100 - sum(made)
    return made
