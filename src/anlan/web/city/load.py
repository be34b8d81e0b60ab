"""Put an invented city, or invented staff over a real tree, into the database, with one account for each seat."""

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

import numpy as np

from anlan.kernel import clock
from anlan.kernel.authority import Actor, Conflict, machine
from anlan.kernel.ids import uuid7s
from anlan.people import queries as people_now
from anlan.people import services as people
from anlan.places import queries as places_now
from anlan.places import services as places
from anlan.places import terms
from anlan.web.city import naming, staff, town

COME, WAIT = 40, 6  # residents who check in, and how many of them wait for their community
# username, role, level: who a visitor may be, in the order the page shows them
SEATS = (
    ("shi-zhiban", "city_duty", "city"),
    ("shi-lingdao", "approver", "city"),
    ("qu-zhiban", "district_duty", "district"),
    ("jie-zhiban", "street_duty", "street"),
    ("shequ-zhiban", "community_duty", "community"),
    ("wangge", "grid_worker", "grid"),
    ("guanli", "system_admin", "city"),
)


@dataclass(frozen=True, slots=True)
class Ground:
    """A place as the staff need it: `key` is its row's id."""

    path: str
    level: str
    name: str
    key: UUID


def ground(by: Actor) -> list[Ground]:
    """Return every open place, in the order of the tree."""
    rows = places_now.visible(by).order_by("path").values_list("path", "level", "name", "id")
    return [Ground(*row) for row in rows]


def load_town(scale: str, seed: int) -> dict[str, int]:
    """Build and load an invented city of a scale. Returns counts. Raises Conflict where a tree stands already."""
    by = machine("anlan city")
    if places_now.roots().exists():
        raise Conflict("这里已经有地方了；要新城市请换一个 ANLAN_HOME，要补人请加 --staff-only")
    made = town.build(scale, seed)
    places.load_many(made.places, by=by, source=f"anlan city {scale} {seed}", scheme="")
    roads = [("road", "", line) for line in made.roads]
    places.load_scenery([("river", "澜江", made.river), *roads], by=by)
    return {"places": len(made.places)} | load_staff(ground(by), town.POSTS[scale], seed)


def load_duties(by: Actor) -> None:
    """Publish the starting duty list over the city, and let two grid workers ask for what is not on it."""
    root = places_now.roots()[0].path
    people.plant_list(root, by=by)
    grids = places_now.visible(by).filter(level="grid", until=None).order_by("path").values_list("path", flat=True)
    asked = (("居民楼外墙上有马蜂窝", "3 号楼东山墙"), ("楼顶的旧水箱没人认", "12 号楼"))
    for path, (text, where) in zip(grids, asked, strict=False):
        people.note_ownerless(text, where, by=by, at=path)


def load_checkins(by: Actor, seed: int) -> None:
    """Let residents check in at the first seats' community: some wait, most are listed; tasks; teams that stand."""
    home = places_now.visible(by).filter(level="community", until=None).order_by("path").first()
    if home is None:
        return
    rng = np.random.default_rng(seed)
    names, numbers = naming.person_names(rng, COME), naming.phones(rng, COME)
    skills = people_now.skills()
    made = [
        people.register(
            people.CheckinDraft(
                names[i], numbers[i], ("江景苑", "竹苑小区", "老粮库宿舍")[i % 3], f"{i % 4 + 1}号楼",
                skills=[skills[i % len(skills)]] if i % 2 else [],
                times=["emergency", "weekend"] if i % 5 else ["weekend"],
            ),
            place_path=home.path, by=by, source="self",
        )[0]
        for i in range(COME)
    ]  # fmt: skip
    people.confirm_checkins([one.id for one in made[WAIT:]], by=by)
    start = clock.now() + dt.timedelta(hours=20)
    for title, where, wanted, urgent in (
        ("楼道清理", "江景苑 2 号楼", 4, False),
        ("陪张奶奶复诊", "社区医院", 1, False),
    ):
        draft = people.TaskDraft(title, where, start, wanted, urgent=urgent)
        task = people.post_task(draft, place_path=home.path, by=by)
        for one in made[WAIT : WAIT + 2]:
            people.claim_task(task.id, one.id, by=by)
    people.form_groups(home.path, by=by, title="今晚暴雨，挨户敲门")


def load_boundaries(by: Actor) -> None:
    """Leave next year's change of divisions half checked: one community merged, one that nobody has settled yet."""
    root = places_now.roots()[0].path
    found = places_now.visible(by).filter(level="community", until=None).order_by("path")
    below = Counter(found.values_list("parent_id", flat=True))
    up = next((key for key, n in below.items() if n >= 3), None)
    if up is None:
        return
    near = found.filter(parent_id=up)[:3]
    draft = places.Draft(root, places_now.tree.today(), "明年的区划调整", "澜民〔2026〕18 号")
    plan = places.plan(b"", "", draft, by=by)
    line = places.add_line(plan.pk, near[1].path, by=by)
    places.correct(line.pk, places.Decision(terms.Fate.MERGED, [f"={near[0].path}"]), by=by)
    places.add_line(plan.pk, near[2].path, by=by)


def load_staff(spots: Sequence[Ground], total: int, seed: int) -> dict[str, int]:
    """Fill the posts of the places and open the seats' accounts. Returns counts."""
    by = machine("anlan city")
    roster = staff.appoint([(p.path, p.level, p.name) for p in spots], total, seed)
    at = {p.path: p for p in spots}
    persons = uuid7s(len(roster.people))
    posts = uuid7s(len(roster.posts))
    counts = people.load_many(
        [
            people.PersonSeed(key, one.name, one.place_path, one.phone, reach=one.reach)
            for key, one in zip(persons, roster.people, strict=True)
        ],
        [
            people.PostSeed(key, p.title, p.role, at[p.place_path].key, p.place_path, at[p.place_path].level, p.skills)
            for key, p in zip(posts, roster.posts, strict=True)
        ],
        _holdings(roster, posts, persons),
        by=by,
    )
    _open_seats(roster, persons, at, by)
    return counts


def _holdings(roster: staff.Staff, posts: Sequence[UUID], persons: Sequence[UUID]) -> Iterable[people.HoldingSeed]:
    for key, post in zip(posts, roster.posts, strict=True):
        if post.holder >= 0:
            yield people.HoldingSeed(key, persons[post.holder], post.place_path, "A")
        if post.deputy >= 0:
            yield people.HoldingSeed(key, persons[post.deputy], post.place_path, "B")


def _open_seats(roster: staff.Staff, persons: Sequence[UUID], at: dict[str, Ground], by: Actor) -> None:
    """Open one account per seat, each for the first holder of that role: one branch of the tree from top to bottom."""
    taken: set[int] = set()
    for username, role, level in SEATS:
        fits = (
            p.holder
            for p in roster.posts
            if p.role == role and p.holder >= 0 and at[p.place_path].level == level and p.holder not in taken
        )
        holder = next(fits, None)
        if holder is not None:
            taken.add(holder)
            people.open_account(persons[holder], username, by=by)
