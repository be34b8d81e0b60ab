"""PLC-01: a newer table against the tree: who stays, is renamed, moved, merged, split, new or gone."""

import datetime as dt

import pytest

from anlan.kernel import paths
from anlan.kernel.authority import Invalid
from anlan.ledger.models import Entry
from anlan.places import divisions, name_tables, queries, services
from anlan.places.comparing import New, Old, compare, stem
from anlan.places.models import Place
from anlan.places.terms import Fate

DISTRICT = "0001"
A, B = "00010001", "00010002"


def old(*rows):
    return [Old(*row) for row in rows]


TREE = old(
    (DISTRICT, "district", "江岸区", "519901"),
    (A, "street", "柳荫街道", "519901001"),
    ("000100010001", "community", "竹苑社区居委会", "519901001001"),
    ("000100010002", "community", "文昌社区居委会", "519901001002"),
    ("000100010003", "community", "滨河村村委会", "519901001003"),
    (B, "street", "码头镇", "519901100"),
    ("000100020001", "community", "渡口社区居委会", "519901100001"),
    ("000100020002", "community", "船厂社区居委会", "519901100002"),
)  # fmt: skip


def table(*rows):
    """Rows (code, name) of the new table, the code of the one above by its length."""
    up = {6: "", 9: 6, 12: 9}
    levels = {6: "district", 9: "street", 12: "community"}
    return [New(c, levels[len(c)], n, c, c[: up[len(c)]] if up[len(c)] else "") for c, n in rows]


SAME = [(o.code, o.name) for o in TREE]


def lines(*rows):
    made = compare(TREE, table(*rows))
    return made, {(x.was or x.name): x for x in made.lines}


def test_the_same_table_finds_nothing():
    made, _ = lines(*SAME)
    assert (made.same, made.lines, made.nodes) == (8, [], {})


def test_town_becomes_street_office_under_another_code():
    """A 镇 that becomes a 街道 keeps its people: same stem, and those below are the same."""
    rows = [(c.replace("519901100", "519901002"), n.replace("码头镇", "码头街道")) for c, n in SAME]
    made, found = lines(*rows)
    assert (found[B].kind, found[B].name, found[B].code) == (Fate.RENAMED, "码头街道", "519901002")
    assert found[B].sure >= 70
    assert {x.kind for x in made.lines if x.level == "community"} == {Fate.RECODED}
    assert not made.nodes


def test_a_street_merged_into_its_neighbour_takes_its_communities_along():
    kept = [row for row in SAME if not row[0].startswith("519901100")]
    came = [("519901001004", "渡口社区居委会"), ("519901001005", "船厂社区居委会")]
    made, found = lines(*kept, *came)
    assert (found[B].kind, found[B].into) == (Fate.MERGED, [f"={A}"])
    for path, code in (("000100020001", "519901001004"), ("000100020002", "519901001005")):
        assert (found[path].kind, found[path].into) == (Fate.MOVED, [f"+{code}"])
        assert made.nodes[code]["up"] == f"={A}"
        assert "随" in found[path].reason


def test_two_streets_become_one_new_one():
    rows = [("519901", "江岸区"), ("519901003", "新港街道")]
    rows += [(f"5199010030{i:02}", o.name) for i, o in enumerate((o for o in TREE if o.level == "community"), 1)]
    made, found = lines(*rows)
    assert {found[A].kind, found[B].kind} == {Fate.MERGED}
    assert found[A].into == found[B].into == ["+519901003"]
    assert made.nodes["519901003"] == {
        "name": "新港街道", "code": "519901003", "level": "street", "up": f"={DISTRICT}", "urban": "",
    }  # fmt: skip


def test_a_street_is_split_by_the_names_below():
    rows = [row for row in SAME if not row[0].startswith("519901001")]
    rows += [("519901005", "上柳街道"), ("519901005001", "竹苑社区居委会"), ("519901005002", "文昌社区居委会")]
    rows += [("519901006", "下柳街道"), ("519901006001", "滨河村村委会")]
    _made, found = lines(*rows)
    line = found[A]
    assert (line.kind, line.into) == (Fate.SPLIT, ["+519901005", "+519901006"])
    assert line.choices == {"000100010003": 1}
    assert line.shares == [67, 33]


def test_a_code_given_to_another_place_misleads_nobody():
    """文昌 moves to code …003 and 滨河 to …002: the names say who is who."""
    swap = {"519901001002": "519901001003", "519901001003": "519901001002"}
    _made, found = lines(*[(swap.get(c, c), n) for c, n in SAME])
    assert {x: (y.kind, y.code) for x, y in found.items()} == {
        "000100010002": (Fate.RECODED, "519901001003"),
        "000100010003": (Fate.RECODED, "519901001002"),
    }


def test_likeness_is_a_proposal_that_a_person_must_see():
    rows = [(c, n) for c, n in SAME if n != "船厂社区居委会"] + [("519901100009", "船厂路社区居委会")]
    _made, found = lines(*rows)
    line = found["000100020002"]
    assert (line.kind, line.name) == (Fate.RENAMED, "船厂路社区居委会")
    assert line.sure < 70


def test_what_the_table_leaves_out_is_not_gone():
    """A table of one street says nothing of the other, nor of communities where it has none."""
    assert not compare(TREE, table(*[r for r in SAME if not r[0].startswith("519901100")][1:])).lines
    assert not compare(TREE, table(*[r for r in SAME if len(r[0]) < 12])).lines


def test_gone_without_a_trace_waits_for_a_person():
    _made, found = lines(*[(c, n) for c, n in SAME if n != "竹苑社区居委会"])
    assert (found["000100010001"].kind, found["000100010001"].sure) == (Fate.UNMATCHED, 0)


@pytest.mark.parametrize(
    ("one", "other"), [("新津县", "新津区"), ("黄连村村委会", "黄连社区居委会"), ("码头镇", "码头街道办事处")]
)
def test_stems(one, other):
    assert stem(one) == stem(other)
    assert stem("城区街道") != stem("城关镇")


def real(folder, name):
    drafts, _, _ = divisions.read((folder / "admin" / name).read_bytes(), name)
    found, count = {"": ""}, {}
    for d in drafts:
        up = found.get(d.parent_code, "")
        count[up] = count.get(up, 0) + 1
        found[d.code] = paths.child(up, count[up])
    return drafts, [Old(found[d.code], d.level, d.name, d.code) for d in drafts], found


def test_chengdu_names_of_2023_against_codes_of_2021(shared_data):
    """PLC-01: 3,320 of 3,322 places are found again by name; what is left is what really changed."""
    _drafts, olds, found = real(shared_data, "chengdu_villages_2021.csv")
    news, bad = name_tables.read((shared_data / "admin" / "chengdu_names_2023.csv").read_bytes(), "n.csv")
    made = compare(olds, news)
    assert not bad
    told = {(x.kind, x.name): x for x in made.lines}
    assert set(told) == {
        (Fate.RENAMED, "桂湖西路社区居委会"), (Fate.RENAMED, "锦绣村村委会"), (Fate.FOUNDED, "锦丰社区居委会"),
        (Fate.FOUNDED, "鑫华社区居委会"), (Fate.FOUNDED, "兴乐社区居委会"), (Fate.FOUNDED, "和沐社区居委会"),
        (Fate.FOUNDED, "芙蓉园社区居委会"), (Fate.FOUNDED, "东安湖社区居委会"),
    }  # fmt: skip
    assert made.same == len({(o.path) for o in olds}) - 2 - 2  # 四川省 and 成都市 are above the table
    assert all(told[Fate.RENAMED, n].sure < 70 for n in ("桂湖西路社区居委会", "锦绣村村委会"))
    assert made.nodes["新都区/大丰街道/锦丰社区居委会"]["up"] == f"={found['510114001']}"


def redrawn(drafts):
    """Beijing with half of 东城's streets in a new 崇文区 and all of 石景山 in 海淀: rows of the new table."""
    streets = [d.code for d in drafts if d.parent_code == "110101"]
    south = {code: f"110103{code[6:]}" for code in streets[8:]}

    def new_code(code):
        if code[:6] == "110107":
            return f"1101086{code[7:]}" if len(code) > 6 else None
        return f"{south[code[:9]]}{code[9:]}" if code[:9] in south else code

    news = [New("110103", "district", "崇文区", "110103", "1101")]
    for d in drafts:
        if code := new_code(d.code):
            up = {9: 6, 12: 9}.get(len(code))
            news.append(New(code, d.level, d.name, code, code[:up] if up else d.parent_code))
    return news, south


def test_beijing_of_2023_with_eastern_districts_merged_as_in_2010(shared_data):
    """PLC-01: 东城 gives half of its streets to a new 崇文区, 石景山 joins 海淀: every piece is found again."""
    drafts, olds, found = real(shared_data, "beijing_villages_2023.csv")
    news, south = redrawn(drafts)
    made = compare(olds, news)
    kinds = {x.was: x for x in made.lines}
    joined = kinds[found["110107"]]
    assert (joined.kind, joined.into) == (Fate.MERGED, [f"={found['110108']}"])
    assert all(kinds[found[code]].kind == Fate.MOVED for code in south)
    assert [x.name for x in made.lines if x.kind == Fate.FOUNDED] == ["崇文区"]
    assert not [x for x in made.lines if x.kind == Fate.UNMATCHED]


@pytest.mark.slow
@pytest.mark.django_db
def test_chengdu_is_brought_from_2021_to_2023(shared_data, system):
    """PLC-01: the whole city goes from the table of 2021 to the names of 2023; twice is once; old names still lead."""
    folder = shared_data / "admin"
    services.import_divisions((folder / "chengdu_villages_2021.csv").read_bytes(), "c.csv", by=system)
    names = (folder / "chengdu_names_2023.csv").read_bytes()
    draft = services.Draft(queries.by_code("51").path, dt.date(2023, 6, 30))
    plan = services.plan(names, "chengdu_names_2023.csv", draft, by=system)
    assert (plan.same, queries.waiting(plan).count(), plan.findings) == (3320, 2, [])
    with pytest.raises(Invalid, match="2 行没有核对"):
        services.apply(plan.pk, by=system)
    services.accept(plan.pk, Fate.RENAMED, by=system)
    services.apply(plan.pk, by=system)
    old = queries.search("黄连村村委会", system)[0]
    assert (old.name, old.aliases) == ("锦绣村村委会", ["黄连村村委会"])
    assert {p.name for p in queries.children(queries.by_code("510114001").path)} > {"锦丰社区居委会", "鑫华社区居委会"}
    assert Entry.objects.filter(chain=plan.pk, did="places.renamed").count() == 2
    again = services.plan(names, "again.csv", draft, by=system)
    assert (again.same, again.lines.count()) == (3328, 0)


@pytest.mark.slow
@pytest.mark.django_db
def test_beijing_is_redrawn_and_every_old_code_leads_somewhere(shared_data, system):
    """PLC-01: 7,900 places of a real city, a district founded, one merged away, in one transaction."""
    content = (shared_data / "admin" / "beijing_villages_2023.csv").read_bytes()
    services.import_divisions(content, "b.csv", by=system)
    drafts, _, _ = divisions.read(content, "b.csv")
    rows, south = redrawn(drafts)
    table = "代码,名称\n" + "".join(f"{n.code},{n.name}\n" for n in rows)
    west = queries.by_code("110107")
    code = next(d.code for d in drafts if d.parent_code.startswith("110107"))
    plan = services.plan(table.encode(), "2024.csv", services.Draft("0001", dt.date(2024, 1, 1)), by=system)
    assert not queries.waiting(plan).exists()
    services.apply(plan.pk, by=system)
    open_now = set(Place.objects.filter(until=None).values_list("path", flat=True))
    old = [d.code for d in drafts]
    found = queries.paths_for_codes(old)
    assert set(found) == set(old)
    assert set(found.values()) <= open_now
    assert Place.objects.filter(until=None).count() == len(rows)
    assert queries.by_code(code, on=dt.date(2023, 12, 31)).path.startswith(west.path)
    assert found[code].startswith(queries.by_code("110108").path)
    assert all(found[c].startswith(queries.by_code("110103").path) for c in south)
    again = services.plan(table.encode(), "2024.csv", services.Draft("0001", dt.date(2024, 1, 2)), by=system)
    assert again.lines.count() == 0
    services.undo_adjustment(plan.pk, by=system, reason="试")
    assert Place.objects.count() == len(drafts)
    assert queries.paths_for_codes([code]) == {code: queries.by_code(code).path}
