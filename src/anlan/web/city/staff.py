"""Everybody who holds a post in a town: posts by level, people, A岗 and B岗, a few vacant, away, or out of reach.

The shares are invented to look like a roster in use; nothing is taken from a real one.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count

import numpy as np

from anlan.web.city import naming

# role, how many per place, title within the place
PER_LEVEL: dict[str, tuple[tuple[str, int, str], ...]] = {
    "city": (
        ("system_admin", 1, "信息中心系统管理员"),
        ("approver", 2, "应急指挥中心值班领导"),
        ("city_duty", 6, "应急指挥中心值班员"),
        ("administrative_head", 12, "行政责任人"),
        ("flood_head", 16, "防汛责任人"),
        ("department_liaison", 30, "部门联络员"),
        ("key_site_head", 10, "重点部位责任人"),
        ("team_leader", 6, "突击队队长"),
        ("supervisor", 5, "监督员"),
    ),
    "district": (
        ("approver", 2, "应急局值班领导"),
        ("district_duty", 4, "应急局值班员"),
        ("administrative_head", 8, "行政责任人"),
        ("flood_head", 9, "防汛责任人"),
        ("disaster_informant", 2, "灾害信息员"),
        ("department_liaison", 20, "部门联络员"),
        ("key_site_head", 5, "重点部位责任人"),
        ("team_leader", 3, "应急队队长"),
        ("supervisor", 2, "监督员"),
    ),
    "street": (
        ("approver", 1, "值班领导"),
        ("street_duty", 3, "应急办值班员"),
        ("administrative_head", 2, "行政责任人"),
        ("flood_head", 2, "防汛责任人"),
        ("disaster_informant", 2, "灾害信息员"),
        ("department_liaison", 2, "站所联络员"),
        ("key_site_head", 3, "重点部位责任人"),
        ("team_leader", 1, "应急队队长"),
    ),
    "community": (
        ("community_duty", 2, "值班员"),
        ("flood_head", 1, "防汛责任人"),
        ("disaster_informant", 2, "灾害信息员"),
        ("team_leader", 1, "应急小队队长"),
        ("key_site_head", 2, "重点部位责任人"),
        ("first_responder", 3, "第一响应人"),
    ),
    "grid": (("grid_worker", 1, "网格员"),),
}
FILLERS = (
    ("safety_adviser", "安全劝导员"),
    ("building_head", "楼栋长"),
    ("building_head", "楼栋长"),
    ("safety_adviser", "安全劝导员"),
    ("first_responder", "第一响应人"),
    ("building_head", "楼栋长"),
    ("volunteer", "志愿者"),
    ("building_head", "楼栋长"),
)
SKILLS = {
    "team_leader": ("救援", "涉水"),
    "first_responder": ("急救",),
    "flood_head": ("防汛",),
    "safety_adviser": ("劝导",),
}
VACANT, AWAY, DEAD, UNCHECKED = 0.004, 0.012, 0.008, 0.06


@dataclass(slots=True)
class Vacancy:
    """A post to fill: `holder` and `deputy` index Staff.people, -1 for nobody."""

    title: str
    role: str
    place_path: str
    skills: tuple[str, ...]
    holder: int = -1
    deputy: int = -1
    away: bool = False


@dataclass(slots=True)
class Somebody:
    """A person to invent."""

    name: str
    phone: str
    reach: str
    place_path: str


@dataclass(slots=True)
class Staff:
    """The whole roster."""

    people: list[Somebody] = field(default_factory=list)
    posts: list[Vacancy] = field(default_factory=list)


def _posts(places: Sequence[tuple[str, str, str]], total: int) -> list[Vacancy]:
    """Lay out the posts of each place (path, level, name), then fill the grids up to `total`."""
    posts = []
    for path, level, name in places:
        for role, many, title in PER_LEVEL.get(level, ()):
            for n in range(many):
                label = f"{name}{title}" + (f"{n + 1}" if many > 1 else "")
                posts.append(Vacancy(label, role, path, SKILLS.get(role, ())))
    leaves = [(path, name) for path, level, name in places if level == "grid"]
    leaves = leaves or [(path, name) for path, level, name in places if level == "community"]
    numbers: dict[tuple[str, str], int] = {}
    for n in count():
        if len(posts) >= total or not leaves:
            return posts
        (path, name), (role, title) = leaves[n % len(leaves)], FILLERS[n // len(leaves) % len(FILLERS)]
        numbers[path, title] = numbers.get((path, title), 0) + 1
        posts.append(Vacancy(f"{name}{title}{numbers[path, title]}", role, path, SKILLS.get(role, ())))
    return posts


def appoint(places: Sequence[tuple[str, str, str]], total: int, seed: int) -> Staff:
    """Return the staff of the places (path, level, name), `total` posts, the same for the same seed.

    Three in a hundred posts below the street are held by somebody who holds another there already (一格多元).
    """
    rng = np.random.default_rng(seed)
    posts = _posts(places, total)
    posts.sort(key=lambda p: p.place_path)
    n = len(posts)
    names, numbers = naming.person_names(rng, n), naming.phones(rng, n)
    luck = rng.random((n, 4))
    staff = Staff(posts=posts)
    last_at: dict[str, int] = {}
    for i, post in enumerate(posts):
        ground = post.place_path
        doubled = last_at.get(ground) if luck[i, 0] < 0.03 and len(ground) > 12 else None
        if luck[i, 1] < VACANT and post.role not in {"approver", "city_duty", "system_admin"}:
            continue
        if doubled is not None:
            post.holder = doubled
            continue
        reach = "dead" if luck[i, 2] < DEAD else ("unchecked" if luck[i, 2] < DEAD + UNCHECKED else "ok")
        post.holder = len(staff.people)
        staff.people.append(Somebody(names[i], numbers[i], reach, ground))
        last_at[ground] = post.holder
    _deputies(posts, luck[:, 3])
    for i, post in enumerate(posts):
        post.away = post.deputy >= 0 and bool(luck[i, 0] > 1 - AWAY)
    return staff


def _deputies(posts: Sequence[Vacancy], luck: "np.ndarray[tuple[int], np.dtype[np.float64]]") -> None:
    """Give most posts a B岗: the next holder in the same place, or next door."""
    for post, after, chance in zip(posts, [*posts[1:], posts[0]], luck, strict=True):
        share = 0.92 if len(post.place_path) <= 16 or post.role == "grid_worker" else 0.35
        if chance < share and after.holder not in {-1, post.holder}:
            post.deputy = after.holder
