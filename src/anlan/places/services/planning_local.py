"""Plans what towns keep themselves: grids, estates, buildings, each below the parent that its row means."""

from collections import defaultdict
from collections.abc import Sequence

from anlan.kernel import paths
from anlan.places import queries, terms
from anlan.places.drafts import Draft, Finding
from anlan.places.models import PATH_LENGTH, Place
from anlan.places.services.planning import Key, Plan, Step, compare, former, former_code, holders, sorted_out
from anlan.places.services.tree import fits

HOUSEHOLDS = (300, 500)  # a city grid's usual size: outside it is worth a word, never a refusal (domain-facts B1)


def plan_local(drafts: Sequence[Draft], findings: Sequence[Finding], *, under: str) -> Plan:
    """Plan grids, estates and buildings below `under`; drafts stand higher levels first."""
    plan = sorted_out(findings)
    work = _Local(plan, drafts, under)
    for draft in drafts:
        work.take(draft)
    return plan


class _Local:
    """Finds parents by code, by name (in the file, then in the tree), or by where the row lies."""

    def __init__(self, plan: Plan, drafts: Sequence[Draft], under: str) -> None:
        self.plan, self.under = plan, under
        keys = {(d.scheme, d.code) for d in drafts if d.code}
        self.held = holders(keys | {(d.parent_scheme, d.parent_code) for d in drafts if d.parent_code})
        self.gone = former(keys - self.held.keys())
        self.steps: dict[Key, Step] = {}
        self.by_name: dict[str, list[Step]] = defaultdict(list)
        wanted = {n for d in drafts for n in self._parts(d.parent_name)}
        rows = Place.objects.filter(queries.tree.under([under]), queries.tree.open_on(), name__in=wanted)
        self.named: dict[str, list[Place]] = defaultdict(list)
        for place in rows:
            self.named[place.name].append(place)
        mine = Place.whole.filter(queries.tree.under([under]), name__in={d.name for d in drafts}, until__isnull=True)
        self.mine = {(p.parent_id, str(p.level), p.name): p for p in mine}
        located = queries.locate_many(
            [(d.lon, d.lat) for d in drafts if d.lon is not None and d.lat is not None] or [(0.0, 0.0)]
        )
        at = iter(located)
        self.spots = {d.row: next(at) for d in drafts if d.lon is not None}
        self.ground = {p.path: p for p in Place.objects.filter(path__in={s for s in located if s})}

    @staticmethod
    def _parts(name: str) -> list[str]:
        return [part for part in name.replace("／", "/").replace(">", "/").split("/") if part.strip()]

    def take(self, draft: Draft) -> None:
        key = (draft.scheme, draft.code)
        if draft.code and key in self.gone:
            former_code(self.plan, draft, self.gone[key])
            return
        up, why = self._parent(draft)
        if up is None:
            self.plan.findings.append(Finding(draft.row, *why, draft.raw))
            return
        if not fits(draft.level, up.level):
            shown = terms.LEVEL_NAMES
            expected = f"{shown[terms.Level(draft.level)]}不能设在{shown[terms.Level(up.level)]}之下"
            self.plan.findings.append(Finding(draft.row, "parent", up.draft.name, expected, draft.raw))
            return
        if up.depth * paths.WIDTH >= PATH_LENGTH:
            self.plan.findings.append(Finding(draft.row, "parent", draft.name, "层级过深", draft.raw))
            return
        old = self.held.get(key) if draft.code else None
        if old is None and up.old is not None:
            old = self.mine.get((up.old.pk, str(draft.level), draft.name))
            if old is not None and draft.code and old.code and old.code != draft.code:
                old = None
        if old is not None and not old.path.startswith(self.under):
            expected = "这个编码属于本次导入范围以外的地方"
            self.plan.findings.append(Finding(draft.row, "code", draft.code, expected, draft.raw))
            return
        self._keep(draft, up, old)

    def _keep(self, draft: Draft, up: Step, old: Place | None) -> None:
        twin = next((s for s in self.by_name[draft.name] if s.up is up and s.draft.level == draft.level), None)
        if not draft.code and twin is not None:
            expected = f"与第 {twin.draft.row} 行同名同级同上级；请加编码区分"
            self.plan.findings.append(Finding(draft.row, "name", draft.name, expected, draft.raw))
            return
        low, high = HOUSEHOLDS
        if draft.level == terms.Level.GRID and draft.households is not None and not low <= draft.households <= high:
            expected = f"网格一般 {low}–{high} 户，请核对（不影响导入）"
            self.plan.notes.append(Finding(draft.row, "households", str(draft.households), expected, note=True))
        step = compare(self.plan, Step(draft, up=up, old=old)) if old else Step(draft, up=up, wkb=draft.wkb)
        if not old:
            self.plan.creates.append(step)
        self.by_name[draft.name].append(step)
        if draft.code:
            self.steps[draft.scheme, draft.code] = step

    def _parent(self, draft: Draft) -> tuple[Step | None, tuple[str, str, str]]:
        if draft.parent_code:
            key = (draft.parent_scheme, draft.parent_code)
            if key in self.steps:
                return self.steps[key], ("", "", "")
            place = self.held.get(key)
            if place and place.path.startswith(self.under):
                return self._standing(draft, place), ("", "", "")
            return None, ("parent_code", draft.parent_code, "上级代码不在库里，或不在本次导入的范围内")
        if draft.parent_name:
            return self._by_name(draft)
        spot = self.spots.get(draft.row)
        place = self.ground.get(spot) if spot else None
        while place and not fits(draft.level, place.level) and place.parent_id:
            place = place.parent
        if place and place.path.startswith(self.under):
            return self._standing(draft, place), ("", "", "")
        return None, ("parent", draft.name, "应写明上级（名称或代码），或给出落在某个社区里的坐标")

    def _by_name(self, draft: Draft) -> tuple[Step | None, tuple[str, str, str]]:
        parts = self._parts(draft.parent_name)
        last = parts[-1] if parts else ""
        if len(inside := [s for s in self.by_name.get(last, []) if s.draft.row != draft.row]) == 1:
            return inside[0], ("", "", "")
        found = self.named.get(last, [])
        for part in reversed(parts[:-1]):
            found = [p for p in found if any(p.path.startswith(a.path) for a in self.named.get(part, []))]
        if len(found) == 1:
            return self._standing(draft, found[0]), ("", "", "")
        if found or inside:
            ways = f"有 {len(found) or len(inside)} 个同名的地方，请写成「街道/社区」或填上级代码"
            return None, ("parent", draft.parent_name, ways)
        return None, ("parent", draft.parent_name, "范围内没有这个名称的地方")

    def _standing(self, draft: Draft, place: Place) -> Step:
        """Return one step per place, so that twins below the same parent are recognised."""
        key = ("id", str(place.pk))
        if key not in self.steps:
            self.steps[key] = Step(draft, old=place)
        return self.steps[key]
