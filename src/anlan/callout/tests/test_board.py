"""WRN-03: the live board tells from counters who answered, place by place, and shows one their own part only."""

import io

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook

from anlan.callout import counting
from anlan.callout.models import Call, Obligation
from anlan.callout.pages import drawing, telling
from anlan.callout.queries import board as boards
from anlan.callout.terms import CallState
from anlan.callout.tests import scene
from anlan.kernel import paths
from anlan.kernel.authority import Hidden, machine
from anlan.people import queries as people_queries
from anlan.people import services as people
from anlan.people.models import Account

pytestmark = pytest.mark.django_db
HTML = {"accept": "text/html"}
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
BUDGET = 60 * 1024


@pytest.fixture
def laid(db):
    return scene.lay(each=2)


@pytest.fixture
def duty(laid):
    return signed_in("duty")


def signed_in(username: str) -> Client:
    client = Client()
    client.force_login(Account.objects.get(username=username), backend=BACKEND)
    return client


def officer(username: str, path: str, role: str = "district_duty"):
    account = people.found_administrator(
        username, f"值班{username}", place_path=path, by=machine("test"), password=scene.PASSWORD, role=role
    )
    return people_queries.actor_for(account)


def page(client: Client, address: str, **query) -> str:
    answer = client.get(address, query, headers=HTML)
    assert answer.status_code == 200, answer.content.decode()[:2000]
    return answer.content.decode()


# --- figures


def test_the_figures_agree_with_a_count_of_everybody(laid):
    board = boards.board(laid.call, by=machine("test"))
    owed = Obligation.objects.filter(call_id=laid.call, part="self")
    assert board.total.due == owed.count() == laid.people
    assert board.total.yes == owed.filter(state="met").count()
    assert board.total.left == owed.filter(state="open").count()
    assert board.total.dead == owed.filter(state="open", dead=True).count()
    assert board.total.yes + board.total.reached + board.total.quiet + board.total.dead == board.total.due


def test_the_rows_add_up_to_the_whole_and_the_worst_stands_first(laid):
    board = boards.board(laid.call, by=machine("test"))
    for part in ("due", "yes", "left", "dead", "reached", "quiet"):
        assert sum(getattr(row, part) for row in board.rows) == getattr(board.total, part)
    shares = [row.share for row in board.rows]
    assert shares == sorted(shares)


def test_the_median_counts_the_silent_as_still_waiting(laid):
    row = boards.board(laid.call, by=machine("test")).total
    stretches = counting.tempo(row.counts)
    assert row.median == counting.quantile(stretches, 0.5, row.due)
    assert row.median >= counting.quantile(stretches, 0.5)


def test_the_curve_rises_to_where_it_stands_now(laid):
    board = boards.board(laid.call, by=machine("test"))
    points = boards.curve(board.total, board.elapsed)
    assert points[0] == (0.0, 0.0)
    assert [p for _, p in points] == sorted(p for _, p in points)
    assert points[-1][1] == pytest.approx(100 * board.total.of("answered") / board.total.due)


@pytest.mark.parametrize(("elapsed", "limit"), [(0, 0), (1, 300), (516, 300), (90_000, 300), (10**7, 3600)])
def test_the_time_axis_always_holds_the_deadline(elapsed, limit):
    end = drawing.span(elapsed, limit)
    assert end >= limit
    assert drawing._ticks(end)[1][0] == 0


def test_an_unstarted_call_and_an_empty_one_are_drawn(laid):
    call = Call.objects.get(id=laid.call)
    for state in CallState:
        call.state, call.started_at = state, call.started_at if state == CallState.RUNNING else None
        board = boards.Board(call, scene.ROOT, scene.ROOT, boards.Row(scene.ROOT, "澜江市", {}), [], call.prepared_at)
        assert drawing.answer_curve(board)["line"]
        assert telling.figures(board)[0]["value"] == "—"
        assert len(telling.rungs(board)) == 4


# --- who sees what


def test_one_sees_their_own_part_only(laid):
    district = paths.child(scene.ROOT, 2)
    by = officer("north", district)
    board = boards.board(laid.call, by=by)
    assert board.at == district
    assert board.total.due == laid.people // 3
    assert [name for _, name in board.crumbs] == ["北埠区"]
    for path in (scene.ROOT, paths.child(scene.ROOT, 1), "0002", "nonsense"):
        with pytest.raises(Hidden):
            boards.board(laid.call, by=by, at=path)


def test_unfolding_a_place_out_of_sight_shows_nothing(laid):
    by = officer("north", paths.child(scene.ROOT, 2))
    call = Call.objects.get(id=laid.call)
    assert boards.below(call, [paths.child(scene.ROOT, 1)], by=by) == {}


def test_hidden_equals_absent(laid):
    officer("far", paths.child(scene.ROOT, 2))
    far = signed_in("far")
    assert far.get(f"/calls/{laid.call}?at={scene.ROOT}", headers=HTML).status_code == 404
    assert far.get("/calls/00000000-0000-7000-8000-000000000000", headers=HTML).status_code == 404
    assert Client().get(f"/calls/{laid.call}", headers=HTML).status_code == 302


@pytest.mark.parametrize("door", ["", "/unreached", "/report", "/list.csv", "/list.xlsx", "/report.xlsx"])
def test_every_door_holds_the_scope(laid, door):
    officer("north", paths.child(scene.ROOT, 2))
    north = signed_in("north")
    assert north.get(f"/calls/{laid.call}{door}", headers=HTML).status_code == 200
    assert north.get(f"/calls/{laid.call}{door}?at={paths.child(scene.ROOT, 1)}", headers=HTML).status_code == 404


# --- the page


def test_the_board_says_what_to_do_next(duty, laid):
    text = page(duty, f"/calls/{laid.call}")
    assert "人机器叫不到，要派人上门" in text
    assert "5 分钟叫应率" in text
    assert 'src="/live?topic=call:' in text


def test_it_stays_light_and_asks_little_however_many_are_called(duty, laid):
    with CaptureQueriesContext(connection) as asked:
        text = page(duty, f"/calls/{laid.call}")
    assert len(text.encode()) < BUDGET
    assert len(asked) < 30, [q["sql"][:120] for q in asked]


def test_unfolding_asks_no_more_for_more_places(duty, laid):
    one, all_three = paths.child(scene.ROOT, 1), ".".join(paths.child(scene.ROOT, d) for d in (1, 2, 3))
    with CaptureQueriesContext(connection) as few:
        page(duty, f"/calls/{laid.call}", open=one)
    with CaptureQueriesContext(connection) as many:
        text = page(duty, f"/calls/{laid.call}", open=all_three)
    assert len(many) <= len(few)
    assert text.count("table__row--depth1") == 9


def test_a_live_screen_gets_its_parts_alone(duty, laid):
    parts = duty.get(f"/calls/{laid.call}", headers=HTML | {"X-Live": "1"}).content.decode()
    assert "<html" not in parts
    for part in ("board-marks", "board-kpis", "board-places", "board-unreached", "board-curve"):
        assert f'id="{part}" ' in parts
    assert parts.count("data-live") == page(duty, f"/calls/{laid.call}").count("data-live")


def test_the_list_of_the_unreached_puts_dead_numbers_first_and_filters(duty, laid):
    call = Call.objects.get(id=laid.call)
    by = machine("test")
    everybody = boards.unreached(call, at=scene.ROOT, by=by, limit=500)
    dead = [p.dead for p in everybody]
    assert dead == sorted(dead, reverse=True)
    for why in boards.WHYS:
        some = boards.unreached(call, at=scene.ROOT, by=by, why=why, limit=500)
        assert {p.id for p in some} <= {p.id for p in everybody}
        assert all(p.dead == (why == "dead") for p in some)
    parts = [boards.unreached(call, at=scene.ROOT, by=by, why=w, limit=500) for w in boards.WHYS]
    assert sum(map(len, parts)) == len(everybody)


def test_phones_are_masked_everywhere(duty, laid):
    for door in ("", "/unreached"):
        text = page(duty, f"/calls/{laid.call}{door}")
        assert "137****" in text
        assert "1370000" not in text
    assert "1370000" not in duty.get(f"/calls/{laid.call}/list.csv").content.decode("utf-8-sig")


STRANGE = [{"why": "'; --"}, {"rung": "x"}, {"start": "-1"}, {"start": "9" * 40}, {"role": "x" * 999}]


@pytest.mark.parametrize("query", STRANGE)
def test_strange_filters_do_no_harm(duty, laid, query):
    page(duty, f"/calls/{laid.call}/unreached", **query)


# --- acts


def test_a_proxy_answer_stops_the_ladder_and_is_counted_apart(duty, laid):
    who = Obligation.objects.filter(call_id=laid.call, state="open").first()
    answer = duty.post(f"/calls/{laid.call}/proxy/{who.id}", {"how": "landline", "note": "他爱人接的"})
    assert answer.status_code == 302
    who.refresh_from_db()
    assert (who.state, who.met_part) == ("met", "proxy")
    assert boards.board(laid.call, by=machine("test")).total.of("proxied") == 1


def test_a_proxy_answer_needs_a_way_from_the_list(duty, laid):
    who = Obligation.objects.filter(call_id=laid.call, state="open").first()
    assert duty.post(f"/calls/{laid.call}/proxy/{who.id}", {"how": "guess"}, headers=HTML).status_code == 422
    who.refresh_from_db()
    assert who.state == "open"


def test_a_proxy_answer_for_another_district_is_not_for_me(laid):
    officer("north", paths.child(scene.ROOT, 2))
    first = paths.child(scene.ROOT, 1)
    who = Obligation.objects.filter(call_id=laid.call, state="open", place_path__startswith=first).first()
    answer = signed_in("north").post(f"/calls/{laid.call}/proxy/{who.id}", {"how": "door"}, headers=HTML)
    assert answer.status_code == 404


def test_who_may_only_look_gets_no_form(laid):
    officer("looker", scene.ROOT, role="supervisor")
    assert "/proxy/" not in page(signed_in("looker"), f"/calls/{laid.call}")


# --- files and the report


def test_the_list_goes_out_whole(duty, laid):
    lines = duty.get(f"/calls/{laid.call}/list.csv").content.decode("utf-8-sig").splitlines()
    assert len(lines) == laid.people + 1
    assert lines[0].startswith("姓名,岗位,地方,结果")
    left = duty.get(f"/calls/{laid.call}/list.csv?only=left").content.decode("utf-8-sig").splitlines()
    assert len(left) == boards.board(laid.call, by=machine("test")).total.left + 1


def test_the_report_goes_out_as_a_table(duty, laid):
    book = load_workbook(io.BytesIO(duty.get(f"/calls/{laid.call}/report.xlsx").content))
    rows = list(book.active.iter_rows(values_only=True))
    assert rows[1][1] == "澜江市"
    assert rows[1][2] == laid.people
    assert len(rows) == 1 + 1 + 3 + 9


def test_an_unknown_kind_of_file_is_told(duty, laid):
    assert duty.get(f"/calls/{laid.call}/list.pdf", headers=HTML).status_code == 422


def test_the_report_has_its_definitions(duty, laid):
    text = page(duty, f"/calls/{laid.call}/report")
    assert "空号停机也算在应叫里" in text
    assert "合计" in text
