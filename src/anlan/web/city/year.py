"""A year that an invented city has behind it: objects inspected, hazards found, mended, accepted, some still open."""

import datetime as dt
import math
import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID

from anlan.hazards import services
from anlan.hazards.queries import library
from anlan.hazards.services import laying, past
from anlan.hazards.services.past import Checked, Closed, Who
from anlan.hazards.terms import Can, Found, Grade, Owner, Source
from anlan.hazards.terms.inspections import NINE_SMALL, Genre, Plan
from anlan.kernel import clock, paths
from anlan.kernel.authority import Actor
from anlan.kernel.workdays import add_workdays
from anlan.people import queries as people
from anlan.people.queries import Target
from anlan.places import queries as places
from anlan.web.city import oversight, residents
from anlan.web.city.corners import Corner
from anlan.web.city.findings import KEEPERS, OBJECTS, RARE, REFUSED, SIGHTS, Sight
from anlan.web.city.sightings import lent

SIZES = {"community": (320, 500, 24), "district": (1800, 2500, 60), "city": (6000, 6000, 120)}  # closed, visits, open
LIMIT_DAYS = {"at_once": 0.0, "h24": 1.0, "d7": 7.0, "d15": 15.0, "d30": 30.0}
LIMIT_WORDS = {"at_once": "立即", "h24": "24 小时内", "d7": "7 天内", "d15": "15 天内", "d30": "30 天内"}
SOURCES = (
    (Source.DAILY, 54), (Source.INSPECTION, 17), (Source.TIP, 9), (Source.SELF_CHECK, 7), (Source.JOINT, 5),
    (Source.SPECIAL, 4), (Source.HIGHER, 2), (Source.THIRD_PARTY, 2),
)  # fmt: skip


def lay(scale: str, seed: int, *, by: Actor) -> dict[str, int]:
    """Lay objects, a year of visits and hazards, and what is open now. Returns counts."""
    dice = random.Random(seed)  # noqa: S311 - invents a past
    corners = _corners(dice, by)
    if not corners:
        return {}
    closed, visits, still = SIZES[scale]
    today = clock.now().replace(microsecond=0)
    laid = past.lay_hazards([_closed(dice, corners, today) for _ in range(closed)], by=by)
    answers = past.lay_visits(list(_visits(dice, corners, today, visits)))
    _plans(corners, by)
    _open(dice, corners, still)
    oversight.lay(corners, by=by)
    residents.lay(dice, corners)
    return {"objects": sum(len(o) for c in corners for o in c.objects.values()), "hazards": laid, "answers": answers}


def _corners(dice: random.Random, by: Actor) -> list[Corner]:
    """Return some communities with whoever looks after them, the demonstration's own first; their objects are laid."""
    most = 60
    workers: dict[str, list[Target]] = defaultdict(list)
    for worker in people.people_at("", ("grid_worker",), limit=20_000):
        workers[paths.parent(worker.place_path)].append(worker)
    desks = {t.place_path: t for t in people.people_at("", ("community_duty",), limit=20_000)}
    streets = {t.place_path: t for t in people.people_at("", ("street_duty",), limit=5_000)}
    spots = places.visible(by).filter(level="community", until=None).order_by("path")
    usable = [p for p in spots if p.path in desks and paths.parent(p.path) in streets and workers[p.path]]
    chosen = usable[:1] + dice.sample(usable[1:], min(most - 1, len(usable) - 1)) if usable else []
    wanted = [(p, kind, name) for n, p in enumerate(chosen) for kind, name in _names(dice, n)]
    grids: dict[str, dict[str, tuple[float | None, float | None]]] = defaultdict(dict)
    for grid in places.visible(by).filter(level="grid", until=None):
        grids[paths.parent(grid.path)][grid.path] = (grid.lon, grid.lat)
    ids = past.lay_objects([_thing(dice, p, kind, name) for p, kind, name in wanted])
    held: dict[str, dict[str, list[tuple[UUID, str]]]] = defaultdict(lambda: defaultdict(list))
    for key, (p, kind, name) in zip(ids, wanted, strict=True):
        held[p.path][kind].append((key, name))
    return [
        Corner(
            p.path,
            p.name,
            p.lon,
            p.lat,
            desks[p.path],
            streets[paths.parent(p.path)],
            workers[p.path],
            grids[p.path],
            held[p.path],
        )
        for p in chosen
    ]


def _names(dice: random.Random, n: int) -> Iterator[tuple[str, str]]:
    for kind, (names, each, _risk) in OBJECTS.items():
        count = each or int(n % RARE[kind] == 0)
        for name in dice.sample(names, min(count, len(names))):
            yield kind, name


def _thing(dice: random.Random, place: Any, kind: str, name: str) -> past.Thing:
    lon, lat = _near(dice, place.lon, place.lat)
    keeper = f"{dice.choice(KEEPERS)}{dice.choice(('老板', '师傅', '经理', '主任'))}"
    facts = {"area": dice.randint(3, 90) * 10, "people": dice.randint(2, 60), "floors": dice.randint(1, 18)}
    return past.Thing(place.path, kind, name, keeper, OBJECTS[kind][2], lon, lat, facts)


def _near(dice: random.Random, lon: float | None, lat: float | None) -> tuple[float | None, float | None]:
    if lon is None or lat is None:
        return None, None
    return round(lon + dice.uniform(-0.001, 0.001), 6), round(lat + dice.uniform(-0.001, 0.001), 6)


def _who(target: Target) -> Who:
    return Who(target.pseudonym, target.name, target.post_title, target.person_id, target.post_id)


def _sight(dice: random.Random, month: int) -> Sight:
    weights = [s.weight * (3 if month in s.months else 0.4 if s.months else 1) for s in SIGHTS]
    return dice.choices(SIGHTS, weights)[0]


def _spot(dice: random.Random, corner: Corner, sight: Sight) -> tuple[UUID | None, str]:
    near = [one for kind in sight.at for one in corner.objects.get(kind, ())]
    key, name = dice.choice(near) if near else (None, "")
    return key, " ".join(filter(None, (name, dice.choice(sight.spots))))


def _moment(day: dt.datetime, dice: random.Random) -> dt.datetime:
    """Return some time of a working day: people find things between eight and nine in the evening."""
    hour = min(20.9, max(7.5, dice.gauss(11.5, 3.2)))
    local = clock.local(day).replace(hour=int(hour), minute=int(hour % 1 * 60), second=dice.randint(0, 59))
    return local.astimezone(dt.UTC)


def _closed(dice: random.Random, corners: Sequence[Corner], today: dt.datetime) -> Closed:
    """Invent one hazard of the last year that came to its end; the city mends a little sooner as the year goes on."""
    back = dice.triangular(6, 370, 150)
    found = _moment(today - dt.timedelta(days=back), dice)
    sight = _sight(dice, clock.local(found).month)
    corner = corners[int(len(corners) * dice.random() ** 1.6)]
    key, where = _spot(dice, corner, sight)
    told = dice.choice(sight.told)
    grade = Grade.MAJOR if dice.random() < sight.major else Grade.GENERAL
    source = dice.choices([s for s, _ in SOURCES], [w for _, w in SOURCES])[0]
    confirmed = found + dt.timedelta(minutes=dice.lognormvariate(3.6, 0.9))
    assigned = confirmed + dt.timedelta(minutes=dice.lognormvariate(3.0, 0.8))
    due = _due(assigned, sight.limit)
    slow = 0.5 + 0.25 * back / 370
    share = dice.lognormvariate(math.log(slow), 0.45)
    rectified = assigned + max(dt.timedelta(minutes=25), (due - assigned or dt.timedelta(hours=3)) * share)
    refused = None
    if dice.random() < 0.07:
        at = rectified - (rectified - assigned) * 0.3
        refused = (at, dice.choice(REFUSED))
    accepted = rectified + dt.timedelta(hours=dice.lognormvariate(2.2, 0.8))
    if accepted >= today:
        accepted = today - dt.timedelta(minutes=dice.randint(5, 300))
        rectified = min(rectified, accepted - dt.timedelta(minutes=20))
        assigned = min(assigned, rectified - dt.timedelta(minutes=20))
        confirmed, found = min(confirmed, assigned), min(found, assigned)
    worker, other = dice.choice(corner.workers), dice.choice(corner.workers)
    owner = dice.choice(sight.owner)
    unit = f"{corner.name.removesuffix('社区')}{owner}" if owner.startswith(("物业", "业主")) else owner
    mender = Who(other.pseudonym, f"{dice.choice(KEEPERS)}{dice.choice(('师傅', '经理', '老板'))}", unit)
    kind = _kind(told)
    lon, lat = _near(dice, *corner.grids.get(worker.place_path, (corner.lon, corner.lat)))
    return Closed(
        told, where, kind.code, kind.version, kind.trade, source, worker.place_path, sight.limit,
        (found, confirmed, assigned, rectified, accepted), due, LIMIT_WORDS[sight.limit], _who(worker),
        _who(corner.desk), unit, mender, _who(corner.street),
        (sight.confirmed, dice.choice(sight.mended), dice.choice(sight.accepted)), grade, refused, lon, lat, key,
        dice.randint(*sight.cost) * 100 if sight.cost else None,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Kind:
    """What the library says that a sight is."""

    code: str = ""
    version: int | None = None
    trade: str = "other"


@cache
def _kind(told: str) -> Kind:
    row = library.kind(library.guess(told) or "")
    return Kind(row.code, row.version, row.trade) if row else Kind()


def _due(assigned: dt.datetime, limit: str) -> dt.datetime:
    """Return the end of a limit: days are working days, as the settings begin."""
    days = LIMIT_DAYS[limit]
    if days < 1:
        return assigned + dt.timedelta(hours=2)
    if days == 1:
        return assigned + dt.timedelta(hours=24)
    local = clock.local(assigned)
    return dt.datetime.combine(add_workdays(local.date(), int(days)), local.timetz())


def _visits(dice: random.Random, corners: Sequence[Corner], today: dt.datetime, count: int) -> Iterator[Checked]:
    """Invent visits: the riskier a kind of object is, the more often it is seen, and the more is found."""
    pool = [(c, kind, key) for c in corners for kind, some in c.objects.items() for key, _ in some]
    weights = [OBJECTS[kind][2] ** 2 for _, kind, _ in pool]
    lists = {kind: library.checklist_for(kind) for kind in OBJECTS}
    items = {v.id: [i.id for i in library.items([v.id])] for some in lists.values() for v in some[:1]}
    for corner, kind, key in dice.choices(pool, weights, k=count):
        versions = lists[kind]
        if not versions or not items[versions[0].id]:
            continue
        asked = items[versions[0].id]
        back = dice.uniform(0.5, 365)
        bad = 0.035 + 0.03 * back / 365
        failed = frozenset(n for n in range(len(asked)) if dice.random() < bad)
        source = dice.choices((Source.INSPECTION, Source.DAILY, Source.JOINT, Source.SELF_CHECK), (55, 25, 12, 8))[0]
        planned = source in {Source.INSPECTION, Source.JOINT}
        at = _moment(today - dt.timedelta(days=back), dice)
        worker = dice.choice(corner.workers)
        yield Checked(
            key, worker.place_path, versions[0].id, asked, failed, _who(worker), at, dice.randint(4, 35), source,
            clock.local(at).date() if planned else None, planned and dice.random() < 0.06,
        )  # fmt: skip


def _plans(corners: Sequence[Corner], by: Actor) -> None:
    """Make the plans of the street of the demonstration's own, and lay what they ask for today."""
    street = paths.parent(corners[0].path)
    begin = clock.local(clock.now()).date() - dt.timedelta(days=90)
    for plan in (
        Plan("日常巡查：按风险定多久查一次", street, from_day=begin, basis="街道安全生产巡查制度"),
        Plan("冬春火灾防控：九小场所和多业态", street, Genre.QUARTER, line="消防", object_kinds=(*NINE_SMALL, "mixed"),
             from_day=begin, basis="区消委会冬春火灾防控方案"),
        Plan("餐饮燃气安全专项", street, Genre.MONTH, line="燃气", object_kinds=("small_food",), from_day=begin,
             basis="城镇燃气安全专项整治"),
    ):  # fmt: skip
        services.programme(plan, by=by)
    laying.lay(by=by)


def _open(dice: random.Random, corners: Sequence[Corner], count: int) -> None:
    """Report what is still open by the real services, at its time: duties, reminders and clocks are then real too."""
    for n in range(count):
        corner = corners[0] if n % 3 == 0 else dice.choice(corners)
        back = dt.timedelta(hours=dice.triangular(1, 24 * 16, 30))
        sight = _sight(dice, clock.local(clock.now()).month)
        key, where = _spot(dice, corner, sight)
        worker = dice.choice(corner.workers)
        lon, lat = _near(dice, *corner.grids.get(worker.place_path, (corner.lon, corner.lat)))
        told = dice.choice(sight.told)
        found = Found(
            told, kind=_kind(told).code, where=where, place=worker.place_path, object=key, lon=lon, lat=lat,
            source=dice.choices([s for s, _ in SOURCES[:5]], [w for _, w in SOURCES[:5]])[0],
        )  # fmt: skip
        _live(dice, corner, sight, found, back, n)


def _live(dice: random.Random, corner: Corner, sight: Sight, found: Found, back: dt.timedelta, n: int) -> None:
    """Take one hazard as far as it has come by now: every stage has some."""
    worker = dice.choice(corner.workers)
    desk = lent(corner.desk, Can.SEE, Can.CONFIRM, Can.ASSIGN, Can.RECTIFY)
    with clock.shifted(-back):
        made = services.report(found, by=lent(worker, Can.REPORT, Can.SEE))
    stage = n % 6
    if stage == 0:
        return
    with clock.shifted(-back * 0.9):
        grade = Grade.MAJOR if n % 20 == 7 else Grade.GENERAL
        services.confirm(made.id, grade=grade, limit=sight.limit, opinion=sight.confirmed, by=desk)
    if stage == 1:
        return
    with clock.shifted(-back * 0.85):
        owner = dice.choice(sight.owner)
        services.assign(made.id, Owner(f"{corner.name.removesuffix('社区')}{owner}"[:60]), by=desk)
    if stage in {2, 3}:
        return
    with clock.shifted(-back * 0.3):
        services.rectify(made.id, dice.choice(sight.mended), name=dice.choice(KEEPERS) + "经理", by=desk)
