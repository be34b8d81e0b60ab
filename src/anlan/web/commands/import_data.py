"""Brings files in from a terminal, of places, persons, readings: the same checks and reports as the pages."""

import argparse
import datetime as dt
import sys
from itertools import islice
from pathlib import Path
from typing import Any

from anlan.kernel.authority import Conflict, Invalid, machine
from anlan.kernel.tables import LIMITS
from anlan.people import services as people
from anlan.places import queries as places
from anlan.places import services, terms
from anlan.sensing.models import Feed
from anlan.sensing.services import feeding

NAME = "import"
HELP = "导入区划表、边界、网格小区楼栋、花名册、读数（--dry-run 只看不改）"
SHOWN = 40
ROSTER, READINGS = "roster", "readings"
ROWS = {"new": "新人", "update": "有变动", "same": "没有变", "fault": "有错"}


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "kind", choices=[*(str(kind) for kind in terms.ImportKind), ROSTER, READINGS], help="文件里是什么"
    )
    parser.add_argument("file", nargs="+", type=Path, help="CSV、XLSX 或 GeoJSON")
    parser.add_argument("--dry-run", action="store_true", help="只看会改什么，不改")
    parser.add_argument("--good", action="store_true", help="有错的行放进待处理，没错的先导入（不给就全对才导入）")
    parser.add_argument("--crs", choices=[str(crs) for crs in terms.Crs], help="坐标系（边界、网格必给）")
    parser.add_argument("--level", default="", choices=["", *terms.Level], help="没写级别的行算作哪一级")
    parser.add_argument("--under", default="", metavar="PATH", help="只导入到这个路径之下")
    parser.add_argument("--since", type=dt.date.fromisoformat, metavar="YYYY-MM-DD", help="新代码从哪天起用")
    parser.add_argument(
        "--compare", action="store_true", help="拿区划表跟 --under 之下比对：谁改名、合并、拆分；什么都不改"
    )
    parser.add_argument("--source", default="", help="来源")
    parser.add_argument("--feed", default="", metavar="NAME", help="读数：用哪个数据来源的对照（名字或编号）")


def shown(name: str, report: dict[str, Any], *, dry_run: bool) -> None:
    """Print what an import does or did, row by row where something is wrong."""
    made = "，".join(f"{terms.LEVEL_NAMES[terms.Level(k)]} {v}" for k, v in report["created"].items()) or "0"
    verb = "会新建" if dry_run else "新建"
    out = [f"{name}：{verb} {made}；改动 {report['changed']}；一样 {report['same']}；放不进 {report['rejected']}"]
    out += [f"  第 {r['row']} 行 {r['field']}「{r['value']}」：{r['expected']}" for r in report["findings"][:SHOWN]]
    if report["rejected"] > SHOWN:
        out.append(f"  ……还有 {report['rejected'] - SHOWN} 行")
    out += [f"  提醒：第 {r['row']} 行「{r['value']}」{r['expected']}" for r in report["notes"][:SHOWN]]
    sys.stdout.write("\n".join(out) + "\n")


def bring(path: Path, args: argparse.Namespace, *, dry_run: bool) -> dict[str, Any]:
    """Bring one file in and return its report. Raises Invalid, Conflict, OSError."""
    if path.stat().st_size > LIMITS.file:
        raise Invalid({"file": f"超过 {LIMITS.file // 2**20} MB"})
    content, by = path.read_bytes(), machine("anlan import")
    mode = terms.Mode.GOOD if args.good else terms.Mode.ALL
    crs, source = args.crs or "", args.source
    if args.kind == terms.ImportKind.DIVISIONS:
        done = services.import_divisions(
            content, path.name, by=by, dry_run=dry_run, mode=mode, source=source, since=args.since
        )
    elif args.kind == terms.ImportKind.BOUNDARIES:
        done = services.import_boundaries(content, path.name, by=by, dry_run=dry_run, mode=mode, source=source, crs=crs)
    else:
        done = services.import_local(
            content, path.name, by=by, dry_run=dry_run, mode=mode, source=source, crs=crs, under=args.under,
            level=args.level,
        )  # fmt: skip
    report: dict[str, Any] = done.report
    return report


def roster(path: Path, args: argparse.Namespace) -> int:
    """Bring one roster of persons in below --under; what is wrong waits on the page of rosters. Raises Invalid."""
    by = machine("anlan import")
    with path.open("rb") as file:
        batch = people.read_roster(file, path.name, place_path=args.under, by=by)
    counts = batch.counts
    said = "；".join(f"{name} {counts[key]}" for key, name in ROWS.items())
    sys.stdout.write(f"{path.name}：{said}\n")
    for row in islice(people.rows_as_report(batch), SHOWN):
        sys.stdout.write(f"  第 {row[0]} 行：{row[1]}（{row[2]}）\n")
    if args.dry_run:
        people.drop_roster(batch.id, by=by)
        return 1 if counts["fault"] else 0
    if counts["fault"] and not args.good:
        sys.stderr.write(f"{path.name}：有 {counts['fault']} 行有错，一行也没有导入；要先导入没错的，加 --good\n")
        return 1
    people.import_roster(batch.id, by=by)
    return 1 if counts["fault"] else 0


def readings(path: Path, args: argparse.Namespace) -> int:
    """Bring a table of readings in by a feed's mapping, showing how far it is; what is wrong waits in the queue."""
    feed = feed_called(args.feed)
    if args.dry_run:
        raise Invalid({"dry-run": "读数不能只看不导；在数据来源页上贴几行试"})

    def progress(done: int, total: int) -> None:
        sys.stderr.write(f"\r{path.name}：{100 * done // max(total, 1)}%")

    made = feeding.read_file(feed, path.read_bytes(), progress)
    sys.stderr.write("\n")
    taken = made.taken
    counts = f"新收 {taken.new}；本来就有 {taken.same}；值不一样（先到的留下）{taken.changed}"
    out = [f"{path.name}：{counts}；没登记的设备 {made.unknown}；没收 {len(made.bad)}"]
    out += [f"  第 {bad.line} 行 {bad.field}：{bad.reason}" for bad in made.bad[:SHOWN]]
    if len(made.bad) > SHOWN:
        out.append(f"  ……还有 {len(made.bad) - SHOWN} 行")
    sys.stdout.write("\n".join(out) + "\n")
    return 1 if made.bad else 0


def feed_called(name: str) -> Feed:
    """Return the feed of files with this name or number. Raises Invalid."""
    files = Feed.objects.filter(kind="file")
    found = [f for f in files if name and name in {f.name, str(f.id)}]
    if len(found) != 1:
        known = "、".join(f.name for f in files) or "还没有，先在数据来源页上加一个"
        raise Invalid({"feed": f"要写一个「文件」来源的名字或编号。现有：{known}"})
    return found[0]


def compare(path: Path, args: argparse.Namespace) -> int:
    """Print how a newer table of divisions differs from the tree; nothing changes. Raises Invalid."""
    if args.kind != terms.ImportKind.DIVISIONS:
        raise Invalid({"compare": "只有区划表才能比对"})
    if path.stat().st_size > LIMITS.file:
        raise Invalid({"file": f"超过 {LIMITS.file // 2**20} MB"})
    found, bad = services.compared(path.read_bytes(), path.name, under=args.under)
    out = [f"{path.name}：一样 {found.same}；变化 {len(found.lines)}；读不出来 {len(bad)}"]
    out += [f"  第 {r['row']} 行 {r['field']}「{r['value']}」：{r['expected']}" for r in bad[:SHOWN]]
    called = places.names({x.was for x in found.lines} | {ref[1:] for x in found.lines for ref in x.into})
    for x in found.lines:
        heirs = "、".join(called.get(ref[1:]) or found.nodes[ref[1:]]["name"] for ref in x.into)
        kind, was = terms.FATE_NAMES[x.kind], called.get(x.was, "—")
        out.append(f"  {kind} {was} → {heirs or x.name or '—'} {x.code}（{x.reason}，把握 {x.sure}%）")
    sys.stdout.write("\n".join(out) + "\n")
    return 1 if bad else 0


def one(path: Path, args: argparse.Namespace) -> int:
    """Bring one file in; a file that must be all right and is not is shown row by row and left out."""
    if args.kind == ROSTER:
        return roster(path, args)
    if args.kind == READINGS:
        return readings(path, args)
    if args.compare:
        return compare(path, args)
    report = bring(path, args, dry_run=True) if args.dry_run or not args.good else {"rejected": 0}
    if args.dry_run or report["rejected"]:
        shown(path.name, report, dry_run=True)
        if not args.dry_run:
            sys.stderr.write(
                f"{path.name}：有 {report['rejected']} 行有错，一行也没有导入；要先导入没错的，加 --good\n"
            )
        return 1 if report["rejected"] else 0
    shown(path.name, bring(path, args, dry_run=False), dry_run=False)
    return 0


def run(args: argparse.Namespace) -> int:
    worst = 0
    for path in args.file:
        try:
            worst = max(worst, one(path, args))
        except (Invalid, Conflict, OSError) as error:
            sys.stderr.write(f"{path.name}：{error}\n")
            worst = 1
    return worst
