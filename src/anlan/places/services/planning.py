"""Compares drafts with the tree and says what an import would make, change, leave alone, or cannot place."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import shapely
from django.db.models import F, Q

from anlan.kernel import paths
from anlan.places import codes, geojson, terms
from anlan.places.drafts import Draft, Finding
from anlan.places.models import Code, Place

VALUES = ("urban_class", "population", "households", "grid_level", "lines", "lon", "lat")
_NEAR = 5


@dataclass(slots=True)
class Step:
    """A place to make (`old` is None) or one that is there, with the values that would change."""

    draft: Draft
    up: "Step | None" = None
    old: Place | None = None
    now: dict[str, Any] = field(default_factory=dict)
    wkb: bytes | None = None
    id: UUID | None = None
    path: str = ""

    @property
    def level(self) -> str:
        """The level of what is there, or of what the draft makes."""
        return self.old.level if self.old else self.draft.level

    @property
    def depth(self) -> int:
        """How deep the place stands or will stand."""
        return paths.depth(self.old.path) if self.old else 1 + (self.up.depth if self.up else 0)

    @property
    def existing(self) -> str:
        """The path of the nearest place that is there already, empty above the roots."""
        if self.old:
            return self.old.path
        return self.up.existing if self.up else ""


@dataclass(slots=True)
class Plan:
    """What an import would do, and the rows it cannot place."""

    creates: list[Step] = field(default_factory=list)
    changes: list[Step] = field(default_factory=list)
    same: int = 0
    findings: list[Finding] = field(default_factory=list)
    notes: list[Finding] = field(default_factory=list)

    def tops(self) -> tuple[str, ...]:
        """Return the fewest existing paths below which everything happens; "" where a root is made."""
        return paths.minimal([s.existing for s in self.creates] + [s.existing for s in self.changes])

    def report(self) -> dict[str, Any]:
        """Return the plan as a page and a command line show it."""
        return {
            "created": dict(Counter(str(s.draft.level) for s in self.creates)),
            "changed": len(self.changes),
            "same": self.same,
            "rejected": len(self.findings),
            "findings": [told(f) for f in self.findings[:500]],
            "notes": [told(f) for f in self.notes[:200]],
            "noted": len(self.notes),
            "sample": [
                {"name": s.draft.name, "level": str(s.draft.level), "code": s.draft.code, "new": s.old is None,
                 "was": s.old.name if s.old else "", "shape": s.wkb is not None}
                for s in (self.creates + self.changes)[:20]
            ],
        }  # fmt: skip


def told(finding: Finding) -> dict[str, Any]:
    """Return a finding as JSON."""
    return {"row": finding.row, "field": finding.field, "value": finding.value, "expected": finding.expected}


Key = tuple[str, str]


def holders(keys: Iterable[Key]) -> dict[Key, Place]:
    """Return who holds codes now: {(scheme, code): place}."""
    wanted = set(keys)
    rows = Code.objects.filter(code__in={code for _, code in wanted}, until__isnull=True).select_related("place")
    return {(row.scheme, row.code): row.place for row in rows if (row.scheme, row.code) in wanted}


def former(keys: Iterable[Key]) -> dict[Key, Place]:
    """Return who held codes last that nobody holds now."""
    wanted = set(keys)
    rows = Code.objects.filter(code__in={code for _, code in wanted}, until__isnull=False).select_related("place")
    return {(row.scheme, row.code): row.place for row in rows.order_by("until") if (row.scheme, row.code) in wanted}


def plan_divisions(drafts: Sequence[Draft], findings: Sequence[Finding]) -> Plan:
    """Plan drafts that stand parents first, each under its code."""
    plan = sorted_out(findings)
    held = holders((s, c) for d in drafts for s, c in ((d.scheme, d.code), *((d.scheme, up) for up in _upward(d.code))))
    gone = former((d.scheme, d.code) for d in drafts if (d.scheme, d.code) not in held)
    steps: dict[str, Step] = {}
    above = _above_the_roots(drafts, held)
    free = _free_tops(drafts, held)
    for draft in drafts:
        key = (draft.scheme, draft.code)
        if draft.code in above:
            plan.notes.append(Finding(draft.row, "", f"{draft.name} {draft.code}", "在本系统的根之上，不建", note=True))
            continue
        if key in held:
            steps[draft.code] = compare(plan, Step(draft, old=held[key]))
            continue
        if key in gone:
            former_code(plan, draft, gone[key])
            continue
        up = _parent_of(draft, steps, held)
        if up is None and draft.code not in free:
            wanted = draft.parent_code or codes.parent(draft.code)
            plan.findings.append(
                Finding(draft.row, "parent", wanted, f"上级 {wanted} 不在库里，也不在文件里；请先导入上级", draft.raw)
            )
            continue
        steps[draft.code] = Step(draft, up=up)
        plan.creates.append(steps[draft.code])
    return plan


def _upward(code: str) -> list[str]:
    chain = []
    while code := codes.parent(code):
        chain.append(code)
    return chain


def _parent_of(draft: Draft, steps: dict[str, Step], held: dict[Key, Place]) -> Step | None:
    """Find the place above: the row's own parent, or the code's. Only a city level may be missing (省直辖县)."""
    chain = [draft.parent_code, codes.parent(draft.code)]
    if len(chain[1]) == codes.CITY:
        chain.append(codes.parent(chain[1]))
    for code in dict.fromkeys(chain):
        if code in steps:
            return steps[code]
        if place := held.get((draft.scheme, code)):
            return Step(draft, old=place)
    return None


def _above_the_roots(drafts: Sequence[Draft], held: dict[Key, Place]) -> set[str]:
    """Return codes of the file that stand above a root of the tree: a city's system does not grow a province."""
    below: set[str] = set()
    for draft in drafts:
        place = held.get((draft.scheme, draft.code))
        if place and place.parent_id is None:
            below |= {draft.parent_code, *_upward(draft.code)}
    return {d.code for d in drafts if d.code in below and (d.scheme, d.code) not in held}


def _free_tops(drafts: Sequence[Draft], held: dict[Key, Place]) -> set[str]:
    """Return the codes that may become roots: provinces, or in an empty tree the one top of the file."""
    if not drafts:
        return set()
    tops = [d for d in drafts if len(d.code) == len(drafts[0].code)]
    alone = len(tops) == 1 and not held and not Place.objects.exists()
    return {d.code for d in tops if d.level == terms.Level.PROVINCE or alone}


def former_code(plan: Plan, draft: Draft, place: Place) -> None:
    plan.findings.append(
        Finding(
            draft.row, "code", draft.code,
            f"这是旧代码，{place.name}现为 {place.code or '无代码'}；文件可能是另一年的，请核对",
            draft.raw,
        )
    )  # fmt: skip


def sorted_out(findings: Sequence[Finding]) -> Plan:
    return Plan(findings=[f for f in findings if not f.note], notes=[f for f in findings if f.note])


def compare(plan: Plan, step: Step) -> Step:
    """Put a place that is there among the changes or the unchanged."""
    old, draft = step.old, step.draft
    if old is None:
        raise TypeError("a step without a place cannot be compared")
    for key in VALUES:
        value = getattr(draft, key)
        if value not in (None, "", []) and not _alike(value, getattr(old, key)):
            step.now[key] = value
    aliases = list(dict.fromkeys([*old.aliases, *draft.aliases]))
    if draft.name != old.name:
        step.now["name"] = draft.name
        aliases = [a for a in dict.fromkeys([*aliases, old.name]) if a != draft.name]
        plan.notes.append(Finding(draft.row, "name", draft.name, f"原名「{old.name}」，留作别名", note=True))
    if aliases != old.aliases:
        step.now["aliases"] = aliases
    if draft.wkb and (old.shape is None or bytes(old.shape) != draft.wkb):
        step.wkb = draft.wkb
    if step.now or step.wkb:
        plan.changes.append(step)
    else:
        plan.same += 1
    return step


def _alike(new: Any, old: Any) -> bool:
    if isinstance(new, float) and old is not None:
        return abs(new - float(old)) < 1e-9
    return bool(new == old)


# --- boundaries


def plan_boundaries(features: Sequence[geojson.Feature], findings: Sequence[Finding]) -> Plan:
    """Plan shapes for places that are there: by code, never by name alone."""
    plan = sorted_out(findings)
    read = [(f, *_identity(f)) for f in features]
    keys = {(terms.Scheme.STAT, code) for _, code, _ in read if code}
    held, gone = holders(keys), former(keys)
    shapes = dict(Place.whole.filter(pk__in=[p.pk for p in held.values()]).values_list("pk", "shape"))
    seen: dict[str, int] = {}
    for feature, code, name in read:
        area = geojson.areal(feature.shape)
        key = (terms.Scheme.STAT, code)
        if area is None:
            plan.findings.append(_boundary(feature, "geometry", name, "应是有面积的多边形"))
        elif not code:
            expected = "属性里应有 adcode、code 或 区划代码，且是正确的区划代码"
            plan.findings.append(_boundary(feature, "code", name, expected))
        elif code in seen:
            plan.findings.append(_boundary(feature, "code", code, f"与第 {seen[code]} 个要素重复"))
        elif key in held:
            seen[code] = feature.row
            _shape(plan, feature, held[key], name, geojson.wkb(area), shapes.get(held[key].pk))
        elif key in gone:
            plan.findings.append(
                _boundary(
                    feature,
                    "code",
                    code,
                    f"这是旧代码，{gone[key].name}现为 {gone[key].code or '无代码'}；请核对是否同一范围",
                )
            )
        else:
            plan.findings.append(_boundary(feature, "code", code, _unknown(code, name)))
    return plan


def _identity(feature: geojson.Feature) -> tuple[str, str]:
    lower = {str(k).lower(): v for k, v in feature.properties.items()}
    name = str(lower.get("name") or lower.get("名称") or "")
    for key in ("adcode", "code", "区划代码", "代码", "id"):
        if lower.get(key) not in (None, ""):
            try:
                return codes.normalise(str(lower[key])), name
            except ValueError:
                return "", name
    return "", name


def _boundary(feature: geojson.Feature, where: str, value: str, expected: str) -> Finding:
    raw = {"properties": feature.properties, "wkb": geojson.wkb(feature.shape).hex()}
    return Finding(feature.row, where, value, expected, raw)


def _unknown(code: str, name: str) -> str:
    """Say that a code has no place, and which places nearby bear such a name: 新津县 is 新津区 of another year."""
    stem = name[:-1] if len(name) > 2 and name[-1] in "省市区县镇乡村" else name
    near: list[str] = []
    if stem:
        found = Place.objects.filter(Q(name__startswith=stem) | Q(aliases__contains=[name]), code__startswith=code[:4])
        near = [f"{p.name}（{p.code}）" for p in found.order_by(F("until").desc(nulls_first=True), "path")[:_NEAR]]
    return f"库里没有代码 {code}（{name}）" + (f"；相近的有：{'、'.join(near)}，可能是另一年的区划" if near else "")


def _shape(
    plan: Plan, feature: geojson.Feature, place: Place, name: str, wkb: bytes, was: bytes | memoryview | None
) -> None:
    if name and name not in {place.name, *place.aliases}:
        plan.notes.append(Finding(feature.row, "name", name, f"代码相同，库里叫「{place.name}」", note=True))
    if was is not None and bytes(was) == wkb:
        plan.same += 1
        return
    draft = Draft(feature.row, place.level, place.name, place.code, place.scheme)
    lon, lat = geojson.centre(shapely.from_wkb(wkb))
    plan.changes.append(Step(draft, old=place, now={"lon": lon, "lat": lat}, wkb=wkb))
