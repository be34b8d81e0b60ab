"""An invented city, put into an empty database: `anlan city --scale community|district|city`."""

import argparse
import sys
import time

from django.db import transaction

from anlan.analytics.services import noticing, recounting
from anlan.kernel.authority import Conflict, Invalid, machine
from anlan.people import queries as people
from anlan.web.city import load, past, quiet, sensing, town, watches, year

HELP = "生成一座虚构的城市：地方、形状、岗位、人（固定种子，每次一样）"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--scale", choices=sorted(town.SCALES), default="district")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--staff-only", action="store_true", help="地方已经导入，只补岗位和人")
    parser.add_argument("--no-sensors", dest="sensors", action="store_false", help="不放模拟的传感器")
    parser.add_argument("--posts", type=int, help="岗位数（默认按规模）")


def run(args: argparse.Namespace) -> int:
    start = time.monotonic()
    by = machine("anlan city")
    try:
        with transaction.atomic():
            if args.staff_only:
                spots = load.ground(by)
                counts = {"places": len(spots)} | load.load_staff(spots, args.posts or 12 * len(spots), args.seed)
            else:
                counts = load.load_town(args.scale, args.seed)
                load.load_duties(by)
                load.load_checkins(by, args.seed)
                load.load_boundaries(by)
            watches.keep(by)
            past.year(args.seed, by=by)
            if not args.staff_only:
                year.lay(args.scale, args.seed, by=by)
                recounting.recount()  # what the ledger's cursor would count later, so that the first look has figures
                noticing.notice(by=by)
            if args.sensors and not args.staff_only:
                sensing.lay(args.scale, args.seed, by=by)
            quiet.days(people.roots()[0], by=by)
    except (Conflict, Invalid) as error:
        sys.stderr.write(f"没有生成：{error}\n")
        return 1
    said = "，".join(
        f"{n:,} {word}" for word, n in zip(("个地方", "个人", "个岗位", "次任职"), counts.values(), strict=True)
    )
    sys.stdout.write(f"{said}；{time.monotonic() - start:.1f} 秒\n")
    return 0
