"""What grid workers of the invented city see while the storm goes on: some see the same, one is mistaken.

Invented persons say it through the real service, so that the duty desk's list, folding and answers show life. The last
ones are left to whoever visits the demonstration.
"""

import time
from dataclasses import dataclass, replace
from uuid import UUID

from django.db import close_old_connections

from anlan.incidents import services
from anlan.incidents.terms import Can, Said
from anlan.kernel.authority import Actor, Conflict, Grant, Hidden, Invalid
from anlan.people import queries as people
from anlan.people.queries import Target
from anlan.places import queries as places


@dataclass(frozen=True, slots=True)
class Sighting:
    """`at` is the share of the storm gone by; `who` counts the workers; `where` is whose place it is at.

    `end`: so, not (so), same (as the first at that place), or "" where the desk of the demonstration leaves it alone.
    """

    at: float
    who: int
    where: int
    text: str
    end: str = ""
    said: str = ""


SIGHTINGS = (
    Sighting(0.05, 0, 0, "地下车库口开始进水，沙袋不够", "so", "电话问了物业，水没过脚面"),
    Sighting(0.09, 1, 0, "地下车库口进水了，车还没开出来", "same"),
    Sighting(0.18, 2, 2, "后山坡上掉了几块石头，路还能走", "so", "社区派人看过，已拉警戒线"),
    Sighting(0.24, 3, 3, "楼顶上冒烟，好像着火了", "not", "去看了，是厨房油烟，没有明火"),
    Sighting(0.33, 4, 4, "两个老人被困在一楼，水快到窗台了", "so", "已经转移到二楼，人没事"),
    Sighting(0.36, 5, 4, "一楼老人被困，水到窗台，要橡皮艇", "same"),
    Sighting(0.45, 6, 6, "大树倒了，压住一辆面包车，路过不去"),
    Sighting(0.55, 7, 7, "下穿通道积水很深，有车熄火在里面"),
    Sighting(0.58, 8, 7, "下穿通道积水快没过车轮了，要拦车"),
)
PAUSE = 0.05  # share of the storm between a report and what the desk makes of it


def watch(minutes: float, city: Actor) -> None:
    """Let the workers see what there is to see, at its time; returns when the storm is over."""
    workers = people.people_at("", ("grid_worker",), limit=len(SIGHTINGS))
    if not workers:
        return
    start, first, waiting = time.monotonic(), dict[int, UUID](), list[tuple[float, Sighting, UUID]]()
    for one in SIGHTINGS:
        _until(start, one.at, minutes)
        waiting = _settle(waiting, first, one.at, city)
        worker, there = workers[one.who % len(workers)], workers[one.where % len(workers)]
        spot = places.by_path(there.place_path)
        said = Said(text=one.text, place=spot.path, lon=spot.lon, lat=spot.lat)
        made = services.report(said, by=lent(worker, Can.REPORT))
        first.setdefault(one.where, made.id)
        waiting.append((one.at + PAUSE, one, made.id))
        close_old_connections()
    _until(start, 1.0, minutes)
    _settle(waiting, first, 1.0, city)


def _until(start: float, share: float, minutes: float) -> None:
    time.sleep(max(0.0, start + share * minutes * 60 - time.monotonic()))


def _settle(
    waiting: list[tuple[float, Sighting, UUID]], first: dict[int, UUID], now: float, city: Actor
) -> list[tuple[float, Sighting, UUID]]:
    """Let the desk look into what is due, and return what is not; a visitor who was quicker has decided already."""
    for due, one, report in waiting:
        if due > now or not one.end:
            continue
        try:
            if one.end == "same":
                services.fold(report, first[one.where], by=city)
            elif one.end == "not":
                services.not_so(report, one.said, by=city)
            else:
                services.verify(report, by=city, opinion=one.said)
        except (Conflict, Hidden, Invalid):
            continue
    return [item for item in waiting if item[0] > now]


def lent(target: Target, *cans: str) -> Actor:
    """Return an invented person as they would act from their post, without signing in."""
    grants = frozenset(Grant(can, target.place_path, target.post_id) for can in cans)
    return replace(people.actor_of_person(target.person_id), grants=grants)


def desk() -> Actor | None:
    """Return the city's duty officer, who looks into things in the demonstration."""
    found = people.people_at("", ("city_duty",), limit=1)
    return lent(found[0], Can.SEE, Can.VERIFY) if found else None
