"""A rainstorm over whatever city there is: CAP messages posted to the real door, with a token, as an office would."""

import argparse
import datetime as dt
import sys
import threading
import time

import httpx
from django.db import close_old_connections

from anlan.alerts import queries as alerts_now
from anlan.alerts.services import feeding
from anlan.callout.services import channels, policies
from anlan.kernel import clock
from anlan.kernel.authority import Actor, machine
from anlan.places import queries as places_now
from anlan.web.city import orders, sensing, sightings
from anlan.web.city import storm as script
from anlan.web.demo import storm_flag
from anlan.web.processes import follow_parent

HELP = "放一场暴雨：黄、橙、红、解除，从真的接收口进来（演示用）"
HASTE = 90  # seconds
SOURCE = "澜江市气象台（演示）"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--url", default="http://127.0.0.1:8000")
    parser.add_argument("--minutes", type=float, default=25, help="整场暴雨放多少分钟")
    parser.add_argument("--first", type=float, default=15, help="第一条预警在几秒后来")
    parser.add_argument("--status", default="Actual", choices=("Actual", "Exercise", "Test"))
    parser.add_argument("--seed", type=int, default=7, help="和 anlan city 用的一样")
    parser.add_argument("--calm", action="store_true", help="不放暴雨，只让模拟的传感器照常报数")
    parser.add_argument("--loop", action="store_true", help="放完以后等着再放")


def run(args: argparse.Namespace) -> int:
    follow_parent()
    by = machine("anlan storm")
    wait_for(args.url)
    weather = sensing.Weather()
    instruments = threading.Thread(target=sensing.follow, args=(weather, args.seed, threading.Event()), daemon=True)
    instruments.start()
    if args.calm:
        instruments.join()
        return 0
    token = prepare(by)
    say(f"发出 {orders.send(by)} 条指令")
    say(f"打开 {args.url} ，选一个位置坐下")
    while True:
        time.sleep(args.first)
        if args.status == "Actual":
            weather.begin(args.minutes)
        play(args, token, by)
        if not args.loop:
            return 0
        while not storm_flag().exists():
            time.sleep(1)
        storm_flag().unlink(missing_ok=True)


def wait_for(url: str, seconds: float = 180) -> None:
    """Wait until the web answers. Raises TimeoutError when it does not in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if httpx.get(f"{url}/readyz", timeout=5).status_code < 500:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.3)
    raise TimeoutError(f"{url} 在 {seconds:.0f} 秒内没有起来")


def prepare(by: Actor) -> str:
    """Switch the invented people on, and give the invented weather office a fresh token."""
    channels.change("simulated", by=by, enabled=True)
    hasten(by)
    known = next((s for s in alerts_now.sources_of(by) if s.name == SOURCE), None)
    return feeding.issue_token((known or feeding.add(SOURCE, by=by, adapter="cap")).id, by=by)


def hasten(by: Actor) -> None:
    """Let an orange call send itself after a minute and a half: a storm that plays faster than a night needs it."""
    orange = next(p for p in policies.current() if p.code == "orange")
    if orange.body["auto_send_after"] != HASTE:
        body = {**orange.body, "auto_send_after": HASTE}
        policies.change("orange", body, by=by, version=orange.version)


def play(args: argparse.Namespace, token: str, by: Actor) -> None:
    """Post every beat at its time, each one referring to the one before."""
    districts, region = covered(by)
    if args.status == "Actual" and (officer := sightings.desk()) is not None:
        threading.Thread(target=sightings.watch, args=(args.minutes, officer), daemon=True).start()
    start = time.monotonic()

    def due(share: float) -> dt.datetime:
        time.sleep(max(0.0, start + share * args.minutes * 60 - time.monotonic()))
        return clock.local(clock.now())

    for beat, sent, text in script.unfold(due, districts=districts, region=region, status=args.status):
        answer = httpx.post(
            f"{args.url}/api/v1/alerts/intake",
            content=text,
            headers={"Authorization": f"Bearer {token}", "Content-Type": "application/cap+xml"},
            timeout=60,
        )
        say(f"{sent:%H:%M:%S} {beat.kind} {beat.level}：接收口答 {answer.status_code}")
        close_old_connections()


def covered(by: Actor) -> tuple[list[tuple[str, str]], str]:
    """Return the districts (name, code) in the order of the tree, and the city's code."""
    tree = places_now.visible(by).order_by("path").exclude(code="")
    rows = list(tree.filter(level="district").values_list("name", "code"))
    rows = rows or list(tree.filter(level__in=("city", "street")).values_list("name", "code"))
    return rows, str(rows[0][1])[:4] + "00"


def say(line: str) -> None:
    sys.stdout.write(f"[{dt.datetime.now(clock.CHINA):%H:%M:%S}] {line}\n")
    sys.stdout.flush()
