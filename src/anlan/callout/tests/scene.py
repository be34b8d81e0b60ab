"""A city in the middle of a call, laid down directly: what a board shows after eight minutes, without running one."""

import datetime as dt
import random
from dataclasses import dataclass
from types import SimpleNamespace
from uuid import UUID

from django.db import connection

from anlan.callout import ladder
from anlan.callout.models import Call
from anlan.callout.services import tallies
from anlan.callout.terms import COUNTERS, TEMPO, CallState, Did
from anlan.kernel import paths
from anlan.kernel.authority import machine
from anlan.kernel.clock import now
from anlan.kernel.ids import uuid7, uuid7s
from anlan.ledger import services as ledger
from anlan.people import services as people
from anlan.people.services.loading import HoldingSeed, PersonSeed, PostSeed
from anlan.places import queries as places
from anlan.places import services as place_services

ROOT = "0001"
DISTRICTS = ("江岸区", "北埠区", "湖东区")
STREETS = ("柳荫街道", "老码头街道", "望江街道")
COMMUNITIES = ("竹苑社区", "文昌社区", "滨河社区")
GRIDS = ("第一网格", "第二网格")
SURNAMES = "彭赵许马罗秦梁周方陈孙王"
GIVEN = ("大勇", "铁军", "文娟", "骏", "翠芳", "川", "秀英", "慧敏", "建国", "立群")
PASSWORD = "a-long-enough-passphrase"
STARTED = dt.timedelta(minutes=8, seconds=36)


@dataclass(frozen=True, slots=True)
class Scene:
    """What was laid down: the call, the duty officer's account, how many were called."""

    call: UUID
    username: str
    password: str
    people: int


def rows():
    """Return the places of a small city: 1 city, 3 districts, 9 streets, 27 communities, 54 grids."""

    def place(path, level, name):
        x, y = 104 + paths.number(path) * 0.01, 30 + len(path) * 0.01
        return SimpleNamespace(path=path, level=level, name=name, code="", lon=x, lat=y, shape=None, population=0,
                               households=0, urban_class="")  # fmt: skip

    made = [place(ROOT, "city", "澜江市")]
    for d, district in enumerate(DISTRICTS, 1):
        made.append(place(a := paths.child(ROOT, d), "district", district))
        for s, street in enumerate(STREETS, 1):
            made.append(place(b := paths.child(a, s), "street", street))
            for c, community in enumerate(COMMUNITIES, 1):
                made.append(place(e := paths.child(b, c), "community", community))
                made += [place(paths.child(e, g), "grid", grid) for g, grid in enumerate(GRIDS, 1)]
    return made


def lay(*, each: int = 6, seed: int = 7) -> Scene:
    """Lay the city, `each` grid workers to a grid, one account, and a red call 8 min 36 s old. About 0.5 s at 6."""
    dice, by = random.Random(seed), machine("scene")
    made = rows()
    place_services.load_many(made, by=by)
    ids = {p.path: places.by_path(p.path).id for p in made}
    officer = people.found_administrator("duty", "陈立群", place_path=ROOT, by=by, password=PASSWORD, role="city_duty")
    grids = [p for p in made if p.level == "grid"]
    count = each * len(grids)
    keys, posts = uuid7s(count), uuid7s(count)
    seeds, seats, held = [], [], []
    for i in range(count):
        grid = grids[i // each]
        name = dice.choice(SURNAMES) + dice.choice(GIVEN)
        seeds.append(PersonSeed(keys[i], name, grid.path, f"137{i:08d}"))
        seats.append(PostSeed(posts[i], f"{grid.name}网格员", "grid_worker", ids[grid.path], grid.path, "grid"))
        held.append(HoldingSeed(posts[i], keys[i], grid.path))
    people.load_many(seeds, seats, held, by=by)
    call = _call()
    _owe(call, seeds, seats, dice)
    ledger.record(Did.STARTED, call, by=by, at=call.started_at, title=call.title)
    ledger.record(Did.FANNED, call, by=by, at=call.started_at, count=count)
    return Scene(call.id, officer.username, PASSWORD, count)


def _call() -> Call:
    body = next(body for code, *_, body in ladder.STARTING if code == "red")
    return Call.objects.create(
        serial=31, chain_id=uuid7(), place_path=ROOT, level="red", hazard="暴雨红色预警",
        title="暴雨红色预警，立即转移",
        body="马上查看你包的户，低处的人先转到二楼以上。", targeting={"paths": [ROOT]}, policy_code="red",
        policy=body, state=CallState.RUNNING, started_at=now() - STARTED, fanned_at=now() - STARTED,
    )  # fmt: skip


def _owe(call, seeds, seats, dice) -> None:
    """Lay down obligations and receipts as eight minutes would leave them: most answered, some silent, a few dead."""
    keys = uuid7s(len(seeds))
    with connection.cursor() as cursor:
        for number, (key, person, post) in enumerate(zip(keys, seeds, seats, strict=True), 1):
            luck = dice.random()
            dead, met = luck > 0.985, luck < 0.93
            reached = met or (luck < 0.97)
            took = dt.timedelta(seconds=min(dice.expovariate(1 / 140) + 8, 500))
            deputy = met and luck > 0.91
            rung, tries = ("self", 1) if met and not deputy else ("deputy", 3) if deputy else ("superior", 3)
            if dead:
                rung = "door"
            receipt = "answered" if met else "failed" if dead else "delivered" if reached else "handed"
            cursor.execute(
                """INSERT INTO callout_obligation (id, number, subject_type, subject_id, call_id, did, person_id,
                     pseudonym, post, post_title, role, rank, place_path, began_at, due_at, rung, tries, state, dead,
                     handed_at, reached_at, met_at, met_how, met_part, chain_id, part, why, link, weight, step,
                     declined, drill, next_at)
                   VALUES (%s, %s, 'callout.call', %s, %s, 'callout.answer', %s, %s, %s, %s, 'grid_worker', 10, %s, %s,
                     %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, 'self', %s, '', 0, 3, false, false, %s)""",
                [key, number, call.id, call.id, person.id, uuid7(), post.id, post.title, person.place_path,
                 call.started_at, call.started_at + dt.timedelta(seconds=300), rung, tries, "met" if met else "open",
                 dead, call.started_at, call.started_at if reached else None, call.started_at + took if met else None,
                 "key" if met else "", "deputy" if deputy else "self" if met else "", call.chain_id, call.title,
                 None if met or dead else call.started_at + dt.timedelta(seconds=720)],
            )  # fmt: skip
            cursor.execute(
                """INSERT INTO callout_receipt (id, obligation_id, call_id, place_path, carrier, state, made_at,
                     handed_at, delivered_at, failed_at, reason)
                   VALUES (%s, %s, %s, %s, 'sms_http', %s, %s, %s, %s, %s, %s)""",
                [key, key, call.id, person.place_path, receipt, call.started_at, call.started_at,
                 call.started_at if reached else None, call.started_at if dead else None, "dead" if dead else ""],
            )  # fmt: skip
        names = (*COUNTERS, *TEMPO)
        for path, row in tallies.recount(call.id).items():
            cursor.execute(
                f"INSERT INTO callout_tally (call_id, place_path, touched_at, {', '.join(names)}) "
                f"VALUES (%s, %s, %s{', %s' * len(names)})",
                [call.id, path, now(), *(row.get(name, 0) for name in names)],
            )
