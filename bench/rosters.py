"""TEA-01: a city's roster as an office keeps it, with one row in a hundred wrong: read, every fault named, imported."""

import csv
import io
import random
import time

from django.db import connection, transaction
from openpyxl import Workbook

from anlan.kernel.authority import machine
from anlan.kernel.ids import uuid7
from anlan.people import queries, services
from anlan.people.models import Holding, ImportRow, Person, Post
from anlan.places import queries as places
from anlan.places import services as place_services
from bench import callout
from bench.report import Row

HEADER = ["区县", "街道", "社区", "网格", "姓名", "岗位", "联系电话", "身份证号", "B岗", "B岗电话", "邮箱"]
DIGITS = "一二三四五六七八九十"
EACH = 100  # one row in so many is wrong
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def identity(n):
    """Return a made-up identity number, another for each n up to 336,000, with a right check digit."""
    body = (
        f"519901{1960 + n // 336_0 % 50}{n // 280 % 12 + 1:02d}{n // 10 % 28 + 1:02d}{n % 10 * 97 + n // 168_000:03d}"
    )
    return body + "10X98765432"[sum(int(d) * w for d, w in zip(body, WEIGHTS, strict=True)) % 11]


# What an office gets wrong: the field that must be named for it, and how the row is spoiled.
FAULTS = (
    ("name", {"姓名": ""}),
    ("phone", {"联系电话": "1390000123"}),
    ("identity", {"身份证号": "51990119800101123X"}),
    ("grid", {"网格": "第九十九网格"}),
    ("role", {"岗位": "太空员"}),
    ("deputy_phone", {"B岗": "王五", "B岗电话": ""}),
    ("email", {"邮箱": "李四的邮箱"}),
)


def city():
    """Lay a city of named places; returns the paths of its grids with the names above them."""
    rows = callout.places(callout.CITY)
    names = {"district": "区", "street": "街道", "community": "社区", "grid": "网格"}
    for one in rows:
        one.name = f"{one.path[-8:-4].lstrip('0')}{one.path[-4:].lstrip('0')}{names.get(one.level, '市')}"
    place_services.load_many(rows, by=machine("bench"))
    by_path = {one.path: one.name for one in rows}
    return [[by_path[one.path[:n]] for n in (8, 12, 16, 20)] for one in rows if one.level == "grid"]


def written(count, grids):
    """Return the rows of a roster, and what is wrong with it: {row number: field}."""
    dice, rows, wrong = random.Random(11), [], {}
    for n in range(count):
        district, street, community, grid = grids[n % len(grids)]
        row = dict.fromkeys(HEADER, "") | {
            "区县": district, "街道": street, "社区": community, "网格": grid, "姓名": f"李{DIGITS[n % 10]}明",
            "岗位": "网格员", "联系电话": f"137{n:08d}",
        }  # fmt: skip
        if n % 3 == 0:
            row |= {"B岗": "赵大勇", "B岗电话": f"138{n:08d}"}
        if n % 5 == 0:
            row["身份证号"] = identity(n)
        if n % EACH == 50:
            field, spoiled = dice.choice(FAULTS)
            row, wrong[n + 2] = row | spoiled, field
        rows.append([row[title] for title in HEADER])
    return rows, wrong


def as_csv(rows):
    out = io.StringIO()
    csv.writer(out).writerows([HEADER, *rows])
    return out.getvalue().encode("gb18030")  # what Excel saves in an office


def as_xlsx(rows):
    book, out = Workbook(write_only=True), io.BytesIO()
    sheet = book.create_sheet("花名册")
    for row in [HEADER, *rows]:
        sheet.append(row)
    book.save(out)
    return out.getvalue()


def named(batch):
    """Return the faults as the page names them: {row number: fields}."""
    found = ImportRow.objects.filter(batch=batch, state="fault").values_list("number", "faults")
    return {number: set(faults) for number, faults in found}


def brought(report, what, content, name, wrong, count):
    """Read and import one file, and take it back."""
    by = machine("bench")
    began = time.perf_counter()
    batch = services.read_roster(content, name, place_path="0001", by=by)
    read = time.perf_counter() - began
    services.import_roster(batch.id, by=by)
    took = time.perf_counter() - began
    found = named(batch)
    right = sum(wrong.get(number) in fields for number, fields in found.items())
    row = Row(f"{what}: {count:,} rows read, checked and imported", f"{took:.1f} s (checked {read:.1f} s)")
    row.target, row.met = "≤ 60 s", "yes" if took <= 60 else "**no**"
    report.add(row)
    report.note(
        f"{what}: rows with a fault, named by row and field",
        f"{right:,} of {len(wrong):,}, {len(found) - right:,} else",
        target=f"{len(wrong):,}", ok=right == len(wrong) == len(found),
    )  # fmt: skip
    posts = Post.objects.filter(role="grid_worker").count()
    report.note(
        f"{what}: posts made of the rest",
        f"{posts:,}",
        target=f"{count - len(wrong):,}",
        ok=posts == count - len(wrong),
    )
    began = time.perf_counter()
    services.undo_roster(batch.id, by=by)
    report.note(f"{what}: taken back", f"{time.perf_counter() - began:.1f} s")
    queries.roster(batch.id, by=by).rows.all().delete()
    return took


def by_hand(rows, count):
    """The baseline: one person, one post, one holding saved at a time, for a sample. Returns seconds for `count`."""
    grid = places.by_path("00010001000100010001")
    began = time.perf_counter()
    with transaction.atomic():
        for row in rows:
            person = Person.objects.create(id=uuid7(), name=row[4], phone_tail=row[6][-4:])
            post = Post.objects.create(
                title="网格员", role_id="grid_worker", place=grid, place_path=grid.path, level="grid", rank=10
            )
            Holding.objects.create(post=post, person=person, place_path=grid.path)
        took = time.perf_counter() - began
        transaction.set_rollback(True)
    return took / len(rows) * count


def run(report):
    count = 20_000 if report.quick else 176_000
    rows, wrong = written(count, city())
    slow = by_hand(rows[:2_000], count)
    took = brought(report, "CSV", as_csv(rows), "花名册.csv", wrong, count)
    brought(report, "XLSX", as_xlsx(rows), "花名册.xlsx", wrong, count)
    report.note(
        f"baseline: {count:,} saved one by one, unchecked and unencrypted", f"{slow:.0f} s ({slow / took:.1f} × ours)"
    )
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_size_pretty(pg_total_relation_size('people_import_row'))")
        report.note("the rows of the rosters in the store", cursor.fetchone()[0])
