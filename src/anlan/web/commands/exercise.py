"""The inner half of `anlan drill`: feeds the storm's warnings as an exercise, waits for the ladders, reports."""

import argparse
import datetime as dt
import sys
import time
from typing import Any
from uuid import UUID

from anlan.alerts import queries as alerts_now
from anlan.alerts.services import intake
from anlan.alerts.terms import COLOUR
from anlan.callout.queries import affair, board
from anlan.callout.services import calls
from anlan.callout.terms import CallState
from anlan.kernel import clock
from anlan.kernel.authority import Actor, Invalid, machine
from anlan.ledger import services as ledger
from anlan.places import queries as places
from anlan.web.city import storm as script
from anlan.web.commands.storm import covered

HELP = "演练的内层（由 anlan drill 调用）"
LEVELS = {str(level): word for level, word in COLOUR.items()}
PATIENCE = 900  # seconds of the real clock for a storm that does not come to its end


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--name", default="暴雨演练")
    parser.add_argument("--minutes", type=float, default=45, help="整场暴雨在演练的时钟上放多少分钟")


def run(args: argparse.Namespace) -> int:
    by = machine("anlan drill")
    top = places.roots()[0]
    exercise = ledger.open_exercise(args.name, place_path=top.path, by=by)
    actor = by.drilling(exercise.id)
    chains = play(actor, args.minutes)
    rest(chains, actor)
    ledger.close_exercise(exercise.id, by=by)
    ledger.drain()
    ledger.seal_all()
    report(args.name, chains)
    verdict = ledger.verify()
    sys.stdout.write(
        f"\n台账：{verdict.entries:,} 条已封存，{'完好' if verdict.ok else '有问题'}，链头 {verdict.head[:16]}…\n"
    )
    return 0 if verdict.ok else 1


def play(by: Actor, minutes: float) -> list[UUID]:
    """Take the beats in at their times on this process's clock; return the chains of the affairs they made."""
    districts, region = covered(by)
    chains: dict[UUID, None] = {}
    start = clock.now()

    def due(share: float) -> dt.datetime:
        while (clock.now() - start).total_seconds() < share * minutes * 60:
            time.sleep(0.05)
        return clock.local(clock.now())

    for beat, sent, text in script.unfold(due, districts=districts, region=region, status="Exercise"):
        taken = intake.take(text, by=by, origin="anlan drill")
        if taken.reason:
            raise Invalid(taken.reason)
        chains |= dict.fromkeys(alerts_now.chains_of(taken.id))
        sys.stdout.write(f"{sent:%H:%M:%S}  {beat.kind} {beat.level}：{beat.text.split('，')[0].format(areas='')}\n")
        sys.stdout.flush()
    return list(chains)


def rest(chains: list[UUID], by: Actor) -> None:
    """Wait until nobody is on a ladder any more, then end what still runs."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        running = [c for chain in chains for c in affair.live(chain) if c.state == CallState.RUNNING]
        if all(call.started_at and settled(call) for call in running):
            break
        time.sleep(0.2)
    for call in running:
        calls.end(call.id, by=by)


def settled(call: Any) -> bool:
    """Say whether a call's ladder has reached its end for whoever is silent."""
    last = max((at for _act, at in affair.steps_of(call)), default=0)
    return bool(call.started_at) and (clock.now() - call.started_at).total_seconds() > last + 30


def report(name: str, chains: list[UUID]) -> None:
    """Print what became of each call, in one screen."""
    by = machine("anlan drill")
    out = sys.stdout.write
    out(
        f"\n{name}：报告\n{'叫应':<12}{'应叫':>8}{'已应':>8}{'叫应率':>8}{'B岗代应':>8}{'空号':>6}{'没应':>6}{'一半人':>8}{'九成人':>8}\n"
    )
    for call in sorted((c for chain in chains for c in affair.of_chain(chain)), key=lambda c: c.id):
        if call.started_at is None:
            continue
        row = board.board(call.id, by=by).total
        out(
            f"{LEVELS.get(call.level, '通知')} 第{call.serial}次".ljust(12)
            + f"{row.due:>9,}{row.yes:>10,}{row.share:>10.1%}{row.of('covered'):>10,}{row.of('dead'):>8,}{row.left:>8,}"
            + f"{said(row.median):>10}{said(row.p90):>10}\n"
        )
    out("口径：叫应率＝已应÷应叫，空号停机也算应叫；用时从第一次叫到应。演练，不进真实统计。\n")


def said(seconds: float | None) -> str:
    """Return a length of time in minutes and seconds; a dash where too few answered."""
    return "—" if seconds is None else f"{int(seconds // 60)}:{int(seconds % 60):02d}"
