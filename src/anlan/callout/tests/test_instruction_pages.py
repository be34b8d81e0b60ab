"""WRN-05, WRN-04 over HTTP: writing, checking, the board, results, the inbox, the personal link, the API."""

import contextlib
import datetime as dt
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from anlan.callout import role_words, tokens
from anlan.callout.models import Call, Obligation, Report, Template
from anlan.callout.pages import telling
from anlan.callout.queries import preview
from anlan.callout.role_words import Sentence
from anlan.callout.services import answers, calls, passing, tallies, templates
from anlan.callout.terms import Answer, Did, How
from anlan.callout.tests import directing
from anlan.kernel import clock
from anlan.kernel.authority import Conflict, Invalid, Refused
from anlan.ledger.entry import EntryRow
from anlan.people.queries import Preview

pytestmark = pytest.mark.django_db


def form(cast, **more):
    return {
        "directive": "task", "level": "", "title": "看低洼院子", "body": "今晚有大雨。", "hazard": "暴雨",
        "paths": [cast.places.grid.path], "roles": ["grid_worker"], "copies": "on", "act": "go", **more,
    }  # fmt: skip


def text(answer):
    return answer.content.decode()


def test_an_instruction_is_written_checked_and_sent(cast):
    desk = cast.client("district")
    made = desk.post("/calls/new", form(cast))
    call = Call.objects.get(title="看低洼院子")
    assert made["Location"] == f"/alerts/calls/{call.id}"
    assert (call.directive, call.copies, call.sender_path) == ("task", True, cast.places.district.path)
    assert abs((call.result_due - clock.now()).total_seconds() - 86_400) < 60
    page = text(desk.get(f"/alerts/calls/{call.id}"))
    assert "同时抄送中间各级 2 人" in page
    assert "去第三网格看低洼院子" in page
    desk.post(f"/alerts/calls/{call.id}", {"act": "start"})
    call.refresh_from_db()
    assert call.state == "running"
    assert "办结没有" in text(desk.get(f"/calls/{call.id}"))


def test_a_faulty_form_says_what_is_wrong_and_loses_nothing(cast):
    desk = cast.client("district")
    answer = desk.post("/calls/new", form(cast, directive="reminder", body="每天打卡", title="留着的标题"))
    assert answer.status_code == 422
    assert "打卡" in text(answer)
    assert 'value="留着的标题"' in text(answer)
    assert desk.post("/calls/new", form(cast, due="后天")).status_code == 422
    assert desk.post("/calls/new", form(cast, paths=[])).status_code == 422
    assert not Call.objects.exists()


def test_the_count_moves_with_the_form_and_shows_no_other_district(cast):
    desk = cast.client("district")
    part = text(desk.post("/calls/new/count", form(cast)))
    assert "每个岗位会看到" in part
    assert "看低洼院子" in part
    away = text(desk.post("/calls/new/count", form(cast, paths=[cast.places.other_district.path])))
    assert "先在左边勾地方" in away


def test_a_draft_is_kept_and_copied(cast):
    desk = cast.client("district")
    desk.post("/calls/new", form(cast, act="keep"))
    call = Call.objects.get()
    assert call.state == "draft"
    assert 'value="看低洼院子"' in text(desk.get(f"/calls/{call.id}/edit"))
    assert 'value="看低洼院子"' in text(desk.get(f"/calls/new?from={call.id}"))
    desk.post(f"/calls/{call.id}/edit", form(cast, title="改过的"))
    assert Call.objects.get().title == "改过的"


def test_the_inbox_takes_results_and_shows_what_one_was_told(cast):
    task, notice = directing.send(cast, "task"), directing.send(cast, "notice", title="明天停水")
    row = directing.result(task, cast.grid)
    mine = cast.client("grid")
    assert "报结果：查看低洼院子" in text(mine.get("/inbox"))
    assert "明天停水" in text(mine.get("/inbox?view=told"))
    assert mine.post(f"/inbox/{row.id}/result", {"finish": "cannot"}).status_code == 422
    assert mine.post(f"/inbox/{row.id}/result", {"finish": "refused"}).status_code == 422
    mine.post(f"/inbox/{row.id}/result", {"finish": "cannot", "words": "路断了"})
    assert Report.objects.get().words == "路断了"
    assert cast.client("community").get(f"/inbox/{row.id}/result").status_code == 404
    mine.post(f"/inbox/{directing.own(notice, cast.grid).id}/answer")
    assert directing.own(notice, cast.grid).known_at is not None


def test_a_result_stands_behind_its_receipt_until_that_is_given(cast):
    command = directing.send(cast, "command")
    mine = cast.client("grid")
    assert "报结果：" not in text(mine.get("/inbox"))
    mine.post(f"/inbox/{directing.own(command, cast.grid).id}/answer")
    assert "报结果：" in text(mine.get("/inbox"))


def test_the_personal_link_takes_receipt_and_result(cast):
    call = directing.send(cast, "command")
    own = directing.own(call, cast.grid)
    link = f"/a/{tokens.mint(own.number, own.id)}"
    visitor = cast.client()
    assert "我收到了" in text(visitor.get(link))
    visitor.post(link, {"received": "1"})
    assert "办得怎样" in text(visitor.get(link))
    refused = visitor.post(link, {"finish": "refused", "words": ""})
    assert refused.status_code == 422
    visitor.post(link, {"finish": "done", "words": "办完了"})
    assert "结果报过了：办好了" in text(visitor.get(link))
    assert directing.result(call, cast.grid).finish == "done"


def test_results_are_listed_decided_and_exported(cast):
    call = directing.send(cast, "command")
    row = directing.result(call, cast.grid)
    answers.answer(Answer(How.INBOX, obligation=row.id, finish="refused", words="我在医院"))
    desk = cast.client("district")
    assert "我在医院" in text(desk.get(f"/calls/{call.id}/results?view=refused"))
    address = f"/calls/{call.id}/results/{row.id}"
    assert "仍要他办" in text(desk.get(address))
    desk.post(address, {"act": "pass", "to": cast.community.post.id, "reason": "他病了"})
    row.refresh_from_db()
    assert row.finish == "passed"
    exported = desk.get(f"/calls/{call.id}/results.csv").content.decode("utf-8-sig")
    assert "他病了" in exported
    assert desk.get(f"/calls/{call.id}/results.xlsx").status_code == 200
    assert cast.client("elsewhere").get(f"/calls/{call.id}/results").status_code == 404


def test_lists_do_not_grow_with_what_they_show(cast, django_assert_max_num_queries):
    for i in range(4):
        directing.send(cast, "notice", title=f"第 {i} 条")
    mine = cast.client("grid")
    mine.get("/inbox")
    with django_assert_max_num_queries(30):
        mine.get("/inbox?view=told")


def test_the_api_drafts_starts_counts_and_lists(cast):
    api = cast.client("district")

    def post(address, body):
        return api.post(address, json.dumps(body), content_type="application/json")

    due = (clock.now() + dt.timedelta(hours=2)).isoformat()
    new = {"directive": "task", "title": "看低处", "body": "看一看。", "result_due": due,
           "whom": {"paths": [cast.places.grid.path], "roles": ["grid_worker"]}}  # fmt: skip
    assert post("/api/v1/calls", new | {"result_due": None}).status_code == 422
    made = post("/api/v1/calls", new)
    assert made.status_code == 201, made.content
    address = f"/api/v1/calls/{made.json()['id']}"
    assert post(f"{address}/start", {}).json()["state"] == "running"
    assert post(f"{address}/start", {}).status_code == 409
    assert api.get(f"{address}/board").json()["total"]["counts"]["tasks"] == 1
    assert api.get(f"{address}/results").json()["counts"]["open"] == 1
    assert [c["title"] for c in api.get("/api/v1/calls?directive=task").json()["items"]] == ["看低处"]
    assert cast.client("elsewhere").get(address).status_code == 404
    assert post("/api/v1/calls", new | {"whom": {"paths": [cast.places.other_district.path]}}).status_code == 403


def test_the_sentence_that_says_most_fits_and_an_empty_one_takes_it_away():
    kept = [
        Sentence("a", "", "", "task", "一般"), Sentence("a", "rain", "", "", "雨"),
        Sentence("a", "rain", "red", "", "红雨"), Sentence("b", "", "", "", "都用"),
        Sentence("b", "rain", "", "", ""),
    ]  # fmt: skip

    def fit(hazard, level):
        return role_words.fitting(kept, hazard=hazard, level=level, directive="task")

    assert fit("暴雨红色预警", "red") == {"a": "红雨"}
    assert fit("暴雨", "blue") == {"a": "雨"}
    assert fit("高温", "") == {"a": "一般", "b": "都用"}


def test_every_role_of_the_starting_set_is_told_what_to_do_in_every_hazard():
    """WRN-05: rain, flood, landslide, typhoon, cold, heat, fire for the roles nearest to the ground."""
    kept = templates.sentences()
    for hazard in ("暴雨", "洪水", "滑坡", "台风", "寒潮", "高温", "森林火险"):
        fit = role_words.fitting(kept, hazard=hazard, level="yellow", directive="")
        assert {"grid_worker", "community_duty", "street_duty", "district_duty", "safety_adviser",
                "disaster_informant"} <= set(fit), hazard  # fmt: skip
        assert not [text for text in fit.values() if role_words.unknown(text)]


def test_a_sentence_is_changed_by_whoever_may_into_a_new_version(cast):
    kept = Template.objects.get(role="grid_worker", hazard="rain", level="", directive="", current=True)

    def change(text, by=None, version=1):
        case = (kept.role, kept.hazard, kept.level, kept.directive)
        return templates.change(*case, text, by=by or cast.admin.actor, version=version)

    with pytest.raises(Refused):
        change("x", by=cast.district.actor)
    with pytest.raises(Invalid):
        change("去{哪里}")
    assert change("去{地点}看看。").version == 2
    with pytest.raises(Conflict):
        change("又改")
    page = text(cast.client("admin").get("/settings/templates?role=grid_worker&hazard=rain"))
    assert "去{地点}看看。" in page


def test_alerts_calls_say_each_role_its_sentence(cast):
    draft = calls.Draft(
        "暴雨红色预警", "低处的人上楼。", calls.Targeting((cast.places.district.path,)), level="red", hazard="暴雨",
        by_role=True,
    )  # fmt: skip
    said = calls.prepare(draft, by=cast.city.actor).instructions
    assert "二楼以上" in said["grid_worker"]


def test_many_roles_stand_below_one_another():
    roles = {f"r{i}": f"岗{i}" for i in range(12)}
    seen = Preview(12, 12, 0, 0, 0, 0, 0, {"grid": dict.fromkeys(roles, 1)}, roles)
    wide = preview.table(seen)
    assert (len(wide["head"]), len(wide["rows"]), wide["foot"]) == (1, 12, [12])
    few = preview.table(Preview(2, 2, 0, 0, 0, 0, 0, {"grid": {"r1": 2}}, {"r1": "岗1"}))
    assert (few["head"], few["rows"][0]["sum"]) == (["岗1"], 2)


def test_repeats_of_one_minute_stand_once_in_the_trail():
    at = dt.datetime(2026, 7, 18, 2, 5, tzinfo=dt.UTC)

    def entry(seconds, did, **values):
        return telling.replace(EMPTY, at=at + dt.timedelta(seconds=seconds), did=did, values=values)

    rows = [entry(s, Did.CALLED_AGAIN, rung="self", count=2) for s in (5, 3, 1)] + [entry(-10, Did.STARTED)]
    made = telling.gathered(rows)
    assert [(r.did, r.values.get("count")) for r in made] == [(Did.CALLED_AGAIN, 6), (Did.STARTED, None)]


EMPTY = EntryRow(*([None] * 15), values={})  # type: ignore[arg-type]

acts = st.lists(
    st.sampled_from(["receipt", "done", "cannot", "refuse", "refuse without reason", "pass", "insist", "known", "end"]),
    max_size=8,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(directive=st.sampled_from(["notice", "reminder", "task", "command"]), sequence=acts)
def test_a_duty_is_closed_only_by_a_result_or_the_end_and_a_reminder_never_owes(cast, directive, sequence):
    """WRN-05: whatever is pressed in whatever order."""
    call = directing.send(cast, directive)
    ended = False
    for act in sequence:
        own = Obligation.objects.filter(call_id=call.id, part="self").order_by("-id").first()
        row = Obligation.objects.filter(call_id=call.id, part="result").order_by("-id").first()
        with contextlib.suppress(Conflict, Invalid):
            _press(act, call, own, row, cast)
        ended = ended or act == "end"
    rows = list(Obligation.objects.filter(call_id=call.id))
    results_ = [r for r in rows if r.part == "result"]
    if directive in {"notice", "reminder"}:
        assert not results_
        assert all(r.state == "told" and r.due_at is None and r.next_at is None for r in rows if r.part == "self")
    for r in results_:
        assert r.state != "met" or r.finish in {"done", "cannot"}
        assert r.state != "void" or r.finish == "passed"
        assert r.state != "lapsed" or ended
    live = [r for r in results_ if r.finish != "passed"]
    assert len(live) == (1 if directive in {"task", "command"} else 0)
    assert tallies.check(call.id) == {}


def _press(act, call, own, row, cast):
    target = row or own
    if act == "end":
        calls.end(call.id, by=cast.district.actor)
        calls.closing.sweep(call.id)
    elif act == "pass" and row is not None:
        to = cast.community if row.person_id == cast.grid.person.id else cast.grid
        passing.pass_on(row.id, to.post.id, "换人", by=cast.district.actor)
    elif act == "insist" and row is not None:
        passing.insist(row.id, by=cast.district.actor)
    elif act in {"receipt", "known"}:
        answers.answer(Answer(How.LINK, obligation=own.id))
    elif act in {"done", "cannot"}:
        answers.answer(Answer(How.LINK, obligation=target.id, finish=act, words="说"))
    elif act.startswith("refuse"):
        answers.answer(Answer(How.LINK, obligation=target.id, finish="refused", words="" if "without" in act else "病"))
