"""A mass of people to call, and the jobs run by hand: for tests of the engine."""

import json
import random
from types import SimpleNamespace

from django.db import connection
from procrastinate.contrib.django import app

from anlan.callout.carriers import Handed, Health, discover
from anlan.callout.models import Carrier
from anlan.callout.services import channels, handing, settling
from anlan.callout.tests import scene
from anlan.kernel.authority import Actor, Grant, machine
from anlan.kernel.ids import uuid7, uuid7s
from anlan.people import services as people
from anlan.people.services.loading import HoldingSeed, PersonSeed, PostSeed
from anlan.people.terms import Targeting
from anlan.places import queries as places
from anlan.places import services as place_services

ROOT = scene.ROOT
BY = machine("mass")
EVERYTHING = (
    "callout.see", "callout.prepare", "callout.approve", "callout.start", "callout.end", "callout.answer-for",
    "callout.policy", "callout.carriers",
)  # fmt: skip


def officer(name="值班员", can=EVERYTHING, at=ROOT):
    """An officer as values: the services ask for no more."""
    return Actor(name=name, person=uuid7(), pseudonym=uuid7(), grants=frozenset(Grant(c, at) for c in can))


def load(count, *, dead=0.0, deputies=0.0, seed=5):
    """Lay `count` grid workers over the small city, one duty officer per community above them; returns their ids."""
    dice = random.Random(seed)
    made = scene.rows()
    place_services.load_many(made, by=BY)
    ids = {p.path: places.by_path(p.path).id for p in made}
    grids = [p for p in made if p.level == "grid"]
    heads = [p for p in made if p.level == "community"]
    persons, posts, held = [], [], []
    for key, seat, home in zip(uuid7s(len(heads)), uuid7s(len(heads)), heads, strict=True):
        persons.append(PersonSeed(key, f"何{home.path}", home.path, "13900000000"))
        posts.append(PostSeed(seat, "社区值班员", "community_duty", ids[home.path], home.path, "community"))
        held.append(HoldingSeed(seat, key, home.path))
    workers = uuid7s(count)
    for i, (key, seat) in enumerate(zip(workers, uuid7s(count), strict=True)):
        home = grids[i * len(grids) // count]
        reach = "dead" if dice.random() < dead else "ok"
        persons.append(PersonSeed(key, f"李{i}", home.path, f"137{i:08d}", reach=reach))
        posts.append(PostSeed(seat, f"{home.name}网格员", "grid_worker", ids[home.path], home.path, "grid"))
        held.append(HoldingSeed(seat, key, home.path))
        if dice.random() < deputies:
            other = uuid7()
            persons.append(PersonSeed(other, f"B{i}", home.path, f"138{i:08d}"))
            held.append(HoldingSeed(seat, other, home.path, "B"))
    people.load_many(persons, posts, held, by=BY)
    return SimpleNamespace(workers=workers, heads=len(heads), count=count)


GRID_WORKERS = Targeting((ROOT,), ("grid_worker",))


class Gateway:
    """A carrier that remembers what it was asked; `down` and `say` steer it. It honours keys."""

    label, needs, answers, safe, chunk = "试", "", frozenset({"key", "listened"}), False, 1000

    def __init__(self, name, *, safe=False, needs=""):
        self.name, self.safe, self.needs = name, safe, needs
        self.asked, self.sent, self.down, self.say = [], {}, None, None

    def send_many(self, batch, settings):
        if self.down is not None:
            raise self.down
        self.asked += batch
        for m in batch:
            self.sent.setdefault(m.key, m)
        return [self.say(m) if self.say else Handed(m.key, ok=True, ref="g") for m in batch]

    def test(self, settings, address):
        return Health(ok=True, words="通")

    def health(self, settings):
        return Health(ok=True, words="通")


def install(monkeypatch, *gateways, rates=None):
    """Put gateways in place of the folders' carriers, switched on."""
    there = {n: c for n, c in discover().items() if n in {"simulated", "null"}} | {g.name: g for g in gateways}
    for module in (handing, settling, channels.carriers):
        monkeypatch.setattr(module, "discover", lambda: there)
    for g in gateways:
        Carrier.objects.update_or_create(name=g.name, defaults={"enabled": True, "rate": (rates or {}).get(g.name, 0)})
    return gateways[0] if gateways else None


def drain(*, limit=500, only=None, ahead=False):
    """Run the callout jobs that are due, in the workers' order; with `ahead` the later ones too; returns names."""
    ran = []
    while len(ran) < limit:
        with connection.cursor() as cursor:
            cursor.execute(
                f"""UPDATE procrastinate_jobs SET status = 'doing' WHERE id = (
                     SELECT id FROM procrastinate_jobs WHERE status = 'todo' AND queue_name = 'callout'
                       {"" if ahead else "AND (scheduled_at IS NULL OR scheduled_at <= now())"}
                       {"AND task_name = ANY(%s)" if only else ""}
                     ORDER BY priority DESC, id LIMIT 1) RETURNING id, task_name, args, attempts""",
                [list(only)] if only else [],
            )
            job = cursor.fetchone()
        if job is None:
            return ran
        task = app.tasks[job[1]]
        context = [SimpleNamespace(job=SimpleNamespace(attempts=job[3]))] if task.pass_context else []
        args = job[2] if isinstance(job[2], dict) else json.loads(job[2])
        task.func(*context, **args)
        with connection.cursor() as cursor:
            cursor.execute("UPDATE procrastinate_jobs SET status = 'succeeded' WHERE id = %s", [job[0]])
        ran.append(job[1])
    return ran
