"""HZD-08: any measure at any place and period out of sums, beside a recount of the tables; the list of hazards.

A million hazards and a million visits with ten million answers, in three years of a city; a tenth of it with --quick
or ANLAN_BENCH_SCALE=0.1. The recount is the plain GROUP BY over the tables that there would be without sums.
"""

import os
import statistics
import time

from django.db import connection

from anlan.analytics import queries
from anlan.analytics.projections import COLUMNS, PROJECTIONS
from anlan.analytics.queries import figures
from anlan.analytics.services import recounting, rollup
from anlan.analytics.terms import periods
from anlan.analytics.terms.periods import Period
from anlan.hazards import queries as hazards
from anlan.hazards.models import Checklist, ChecklistVersion, Hazard, Item, Object, Visit
from anlan.hazards.queries import Filter
from anlan.kernel import clock
from anlan.kernel.authority import machine
from anlan.kernel.ids import uuid7
from anlan.places import services as places
from bench import callout
from bench.report import Row

BY = machine("bench")
TRADES = ["fire", "gas", "electric", "building", "falling", "traffic", "food", "lift", "chemical", "work", "flood"]
SOURCES = ["daily", "inspection", "joint", "special", "self_check", "third_party", "tip", "supervisor"]
STATES = ["closed"] * 6 + ["assigned", "rectified"]
UNITS, KINDS = 2_000, 40


def like(model, table, row, changed):
    """Return SQL that writes rows like a saved one: {column: SQL} for what differs, over a relation."""
    columns = [f.column for f in model._meta.concrete_fields]  # noqa: SLF001 - the documented way
    values = ", ".join(changed.get(c, f't."{c}"') for c in columns)
    names = ", ".join(f'"{c}"' for c in columns)
    return f"INSERT INTO {table} ({names}) SELECT {values} FROM {{rows}}, {table} t WHERE t.id = '{row.id}'"


def templates():
    """Save one of each, as the services would; returns them by table."""
    head = Checklist.objects.create(code="b", name="x")
    version = ChecklistVersion.objects.create(checklist=head, number=1)
    items = [Item.objects.create(version=version, position=n, code=f"i{n}", question="?") for n in range(10)]
    moment = clock.now()
    hazard = Hazard.objects.create(client_id=uuid7(), chain_id=uuid7(), place_path="0001", text="楼道堆物",
                                   found_at=moment, arrived_at=moment)  # fmt: skip
    thing = Object.objects.create(place_path="0001", kind="shop", name="小卖部")
    visit = Visit.objects.create(client_id=uuid7(), place_path="0001", done_at=moment, source="inspection")
    return hazard, thing, visit, items


def fill(count, report):
    """Lay the city's three years, skewed as life is: a few kinds and units have most, two thirds are closed."""
    hazard, thing, visit, items = templates()
    objects = count // 10
    draw = """(SELECT i AS n, g.path, random() AS k, random() AS u,
                 now() - '1095 days'::interval * random() AS f, {state} AS s
               FROM generate_series(1, {count}) i JOIN bench_grid g ON g.n = i % {grids}) r"""
    chosen = "(ARRAY[{}])[1 + floor({} * {})::int]".format
    quoted = "'" + "', '".join(TRADES) + "'"
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('role', session_user, false)")  # the owner, to lay rows past the triggers
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("CREATE TABLE bench_grid AS SELECT (row_number() OVER (ORDER BY path) - 1)::int AS n, path"
                       " FROM places_place WHERE level = 'grid'")  # fmt: skip
        cursor.execute("SELECT count(*) FROM bench_grid")
        grids = cursor.fetchone()[0]
        rows = draw.format(
            count=count, grids=grids, state=chosen("'" + "', '".join(STATES) + "'", len(STATES), "random()")
        )
        began = time.perf_counter()
        cursor.execute(like(Hazard, "hazards_hazard", hazard, {
            "id": "uuidv7(r.f - now())", "client_id": "gen_random_uuid()", "chain_id": "gen_random_uuid()",
            "place_path": "r.path", "kind": f"'k' || floor({KINDS} * r.k ^ 3)",
            "trade": chosen(quoted, len(TRADES), "r.k ^ 3"),
            "source": chosen("'" + "', '".join(SOURCES) + "'", len(SOURCES), "r.u ^ 2"), "found_at": "r.f",
            "arrived_at": "r.f", "state": "r.s", "grade": "CASE WHEN r.u < 0.03 THEN 'major' ELSE 'general' END",
            "due_at": "r.f + '7 days'::interval", "confirmed_by": "md5('a')::uuid", "assigned_by": "md5('a')::uuid",
            "owner_organisation": f"md5(floor({UNITS} * r.u ^ 2)::text)::uuid", "owner_name": "'物业'",
            "rectified_by": "md5('b')::uuid", "accepted_by": "CASE WHEN r.s = 'closed' THEN md5('c')::uuid END",
            "accepted_at": "CASE WHEN r.s = 'closed' THEN r.f + '8 days'::interval * (1.2 * r.k) END",
            "refusals": "(r.u < 0.1)::int", "reopened": "(r.k < 0.04)::int",
        }).format(rows=rows))  # fmt: skip
        rows = draw.format(count=objects, grids=grids, state="''")
        cursor.execute(like(Object, "hazards_object", thing, {
            "id": "md5('o' || r.n)::uuid", "place_path": "r.path",
        }).format(rows=rows))  # fmt: skip
        rows = draw.format(count=count, grids=grids, state="''").replace("= i %", f"= (1 + i % {objects}) %")
        cursor.execute(f"CREATE UNLOGGED TABLE bench_visit AS SELECT uuidv7(r.f - now()) AS id, r.* FROM {rows}")
        cursor.execute(like(Visit, "hazards_visit", visit, {
            "id": "r.id", "client_id": "gen_random_uuid()", "place_path": "r.path",
            "object_id": f"md5('o' || 1 + r.n % {objects})::uuid", "done_at": "r.f", "arrived_at": "r.f",
            "passed": "9 - (r.n % 7 = 0)::int", "failed": "(r.n % 7 = 0)::int", "not_applicable": "1",
        }).format(rows="bench_visit r"))  # fmt: skip
        ids = ", ".join(f"('{item.id}'::uuid, {p})" for p, item in enumerate(items))
        cursor.execute(
            f"""INSERT INTO hazards_answer (visit_id, item_id, result, note)
                SELECT r.id, i.id, CASE WHEN i.p = 0 AND r.n % 7 = 0 THEN 'fail' WHEN i.p = 9 THEN 'na'
                  ELSE 'pass' END, '' FROM (SELECT id, n FROM bench_visit ORDER BY id) r, (VALUES {ids}) i (id, p)"""
        )
        cursor.execute("DELETE FROM hazards_hazard WHERE id = %s", [hazard.id])
        cursor.execute("DELETE FROM hazards_visit WHERE id = %s", [visit.id])
        cursor.execute("SET session_replication_role = DEFAULT")
        cursor.execute("ANALYZE")
    report.note(
        f"{count:,} hazards, {count:,} visits, {10 * count:,} answers laid", f"{time.perf_counter() - began:.0f} s"
    )


def plain(asked, wanted, column):
    """Answer the same question by counting the tables anew: the parts of everything, grouped."""
    names = ", ".join(COLUMNS)
    parts = " UNION ALL ".join(
        f"SELECT * FROM ({sql.format(where='true')}) p ({names})" for sql in PROJECTIONS.values()
    )
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE UNLOGGED TABLE bench_parts AS {parts}")  # once, though several definitions read them
    kept, figures.PARTS, depths, figures.DEPTHS = figures.PARTS, "bench_parts", figures.DEPTHS, {}
    try:
        return queries.cut(asked, wanted, column)
    finally:
        figures.PARTS, figures.DEPTHS = kept, depths


def run(report):
    scale = float(os.environ.get("ANLAN_BENCH_SCALE") or (0.1 if report.quick else 1))
    count = round(1_000_000 * scale)
    places.load_many(callout.places(callout.CITY), by=BY)
    fill(count, report)
    began = time.perf_counter()
    parts, facts = recounting.rebuild()
    report.note(f"all counted from nothing: {parts:,} parts, {facts:,} sums", f"{time.perf_counter() - began:.0f} s")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE analytics_part")
        cursor.execute("ANALYZE analytics_fact")
    ids = list(Hazard.objects.values_list("id", flat=True)[: rollup.BATCH])
    report.rate("changed hazards counted anew", len(ids), lambda: rollup.refresh("hazard", ids))
    ask(report, count)
    lists(report)
    again(report)


def ask(report, count):
    """Ask for every measure at each level and several periods, cut by each column; prove some by a recount."""
    wanted = queries.definitions()
    this = periods.this_month().until
    spans = {"month": Period(this, this), "quarter": Period(this - 2, this), "three years": Period(this - 35, this)}
    path = Visit.objects.order_by("id").values_list("place_path", flat=True)[0]
    spots = {"city": path[:4], "district": path[:8], "street": path[:12], "community": path[:16], "grid": path}
    times = []
    for spot, place in spots.items():
        worst = ("", 0.0)
        for span, period in spans.items():
            for column in ("", "place", "trade", "kind", "grade", "source", "owner"):
                asked = queries.Asked(place, period)
                for one in wanted:
                    began = time.perf_counter()
                    queries.cut(asked, [one], column)
                    took = time.perf_counter() - began
                    times.append(took)
                    worst = max(worst, (f"{one.code} by {column or 'nothing'}, {span}", took), key=lambda w: w[1])
        row = Row(
            f"one measure at a {spot}: the slowest of all periods and cuts", f"{worst[1] * 1000:.0f} ms ({worst[0]})"
        )
        row.target, row.met = "≤ 300 ms", "yes" if worst[1] <= 0.3 else "**no**"
        report.add(row)
    report.latency("one measure, any level, period and cut", times)
    several = {"trade": ["fire"], "grade": ["general"], "source": ["daily"]}
    for spot in ("city", "district"):
        asked = queries.Asked(spots[spot], spans["three years"], several)
        report.seconds(
            f"整改率 at a {spot}, three years, three filters",
            lambda a=asked: queries.cut(a, wanted[:1], ""),
            target=0.3,
        )
    shares = [d for d in wanted if d.spec.sort != "silent"]
    asked = queries.Asked(spots["city"], spans["three years"])
    mine = statistics.median(report.timed(lambda: queries.cut(asked, shares, "place")))
    began = time.perf_counter()
    counted = plain(asked, shares, "place")
    theirs = time.perf_counter() - began
    row = Row(f"every measure by district, three years, {count:,} hazards", f"{mine:.3f} s")
    row.baseline, row.ratio = f"counted from the tables: {theirs:.1f} s", f"{mine / theirs:.4f}"
    report.add(row)
    same = counted == queries.cut(asked, shares, "place")
    report.note("the same figures as counted from the tables", "all" if same else "NOT", target="all", ok=same)
    assert same


def lists(report):
    """Time what the list page asks for: fifty rows, how many there are, how many of each state and view."""
    several = {
        "assigned, fire, general": Filter(states=("assigned",), trades=("fire",), grades=("general",)),
        "closed, major, a kind": Filter(states=("closed",), grades=("major",), kinds=("k39",)),
        "overdue, one source, a trade": Filter(due="overdue", sources=("supervisor",), trades=("flood",)),
        "a district, rectified, major, by the end": Filter(
            place=Visit.objects.values_list("place_path", flat=True)[0][:8], states=("rectified",), grades=("major",),
            sort="due",
        ),
        "nothing fits": Filter(states=("listed",), trades=("fire",), grades=("major",)),
    }  # fmt: skip
    for name, what in several.items():
        report.seconds(f"list page, three filters: {name}", lambda w=what: page(w), target=0.15)


def page(what):
    """Ask what the page asks."""
    rows = hazards.hazards(what, by=BY)
    return list(rows[:50]), hazards.counted(rows), hazards.state_counts(what, by=BY), hazards.standing(BY)


def again(report):
    """Prove that nothing differs from a recount of everything."""
    began = time.perf_counter()
    found = recounting.recount(mend=False)
    report.note("recount of everything, nothing differs", f"{time.perf_counter() - began:.0f} s", ok=not found)
    assert not found
