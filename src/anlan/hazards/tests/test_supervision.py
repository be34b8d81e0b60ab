"""HZD-11: a major hazard goes up and is known above, stands under supervision, is closed once that is lifted."""

import datetime as dt
import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from anlan.callout.models import Obligation
from anlan.hazards import reactions, services
from anlan.hazards.models import FollowUp, Hazard, MajorReport, Supervision
from anlan.hazards.queries import oversight as queries
from anlan.hazards.services import supervising
from anlan.hazards.terms import Did, Found, Owner
from anlan.hazards.tests.finding import SHOP, STAIRS, WIRES, closed, confirmed, find
from anlan.hazards.tests.overseeing import BY, ORDER, posted, supervised
from anlan.kernel import clock
from anlan.kernel.authority import Conflict, Hidden, Invalid, Refused
from anlan.ledger.models import Entry

pytestmark = pytest.mark.django_db

SENT = {
    "act": "supervise", "level": "district", "body": "江岸区安委办", "letter": "江安督〔2026〕9 号",
    "title": "拆除飞线充电", "demands": "七天内拆完", "due_on": "2099-01-01",
}  # fmt: skip


def text(answer):
    return answer.content.decode()


def owes(did, state="open"):
    return set(Obligation.objects.filter(did=did, state=state).values_list("person_id", flat=True))


def told(word):
    rows = Obligation.objects.filter(state="told", why__contains=word)
    return set(rows.values_list("person_id", flat=True))


def major(cast, said=WIRES):
    """Return a hazard that the community found major, as the reaction reports it upward."""
    made = confirmed(cast, said, grade="major")
    react()
    return made


def react():
    """Let the reaction read everything there is, as its cursor would."""
    reactions.graded_major(list(Entry.objects.filter(did__startswith="hazards.").order_by("id")))


def rectified(cast, hazard):
    services.assign(hazard.id, SHOP, by=cast.community.actor)
    return services.rectify(hazard.id, "线拆了", by=cast.community.actor)


def test_the_whole_way(cast):
    """HZD-11: major → reported up → note taken → 挂牌督办 → 跟踪函 → answered → lifted after the check → closed."""
    hazard, page = major(cast), "/hazards/{}/oversight"
    page = page.format(hazard.id)
    community, district = cast.client("community"), cast.client("district")
    assert "报了上级，等知悉" in text(community.get(f"/hazards/{hazard.id}"))
    assert owes(Did.TAKEN_NOTE) == {cast.district.person.id}, "the nearest who may supervise"
    assert "等上级知悉" in text(community.get(page))
    assert district.post(page, {"act": "note", "words": "知道了，明天去看"}).status_code == 302
    assert not owes(Did.TAKEN_NOTE)
    assert "上级已知悉" in text(community.get(f"/hazards/{hazard.id}"))
    assert district.post(page, SENT).status_code == 302
    assert cast.community.person.id in told("挂牌督办")
    order = Supervision.objects.get()
    assert (order.level, order.due_on, order.by_name) == ("district", dt.date(2099, 1, 1), "周建平")
    hazard = services.assign(hazard.id, SHOP, by=cast.community.actor)
    sent = {"act": "follow", "target": order.id, "letter": "江安跟〔2026〕1 号", "words": "说明进度"}
    assert district.post(page, sent).status_code == 302
    assert owes(Did.FOLLOW_ANSWERED) == {cast.community.person.id}
    assert "1 份跟踪函没回复" in text(community.get(f"/hazards/{hazard.id}"))
    letter = FollowUp.objects.get()
    assert "有跟踪函等你回复" in text(community.get(page))
    said = {"act": "answer", "target": letter.id, "words": "拆了一半，周五拆完"}
    assert community.post(page, said).status_code == 302
    assert not owes(Did.FOLLOW_ANSWERED)
    assert told("拆了一半") == {cast.district.person.id}
    lift = {"act": "lift", "target": order.id, "words": "到现场看了，拆完了"}
    assert district.post(page, lift).status_code == 409, "not before it is rectified"
    services.rectify(hazard.id, "线拆了", by=cast.community.actor)
    with pytest.raises(Conflict, match="督办"):
        services.accept(hazard.id, "好了", by=cast.street.actor)
    assert district.post(page, lift).status_code == 302
    assert services.accept(hazard.id, "好了", by=cast.street.actor).state == "closed"
    assert not Obligation.objects.filter(state="open").exists()
    words = text(community.get(page))
    assert all(w in words for w in ("知道了，明天去看", "拆了一半，周五拆完", "到现场看了，拆完了"))
    for address in (f"/hazards/supervisions/{order.id}", f"/hazards/follow-ups/{letter.id}"):
        assert order.letter in text(community.get(address))
    assert "销号了的" in text(community.get("/hazards/major?view=closed"))


def test_whoever_graded_it_does_not_take_note_of_it(cast):
    """HZD-11: also where they graded it later than it was confirmed; another one above is asked."""
    hazard = confirmed(cast, WIRES)
    services.regrade(hazard.id, "major", "线从三楼拉下来", by=cast.district.actor)
    react()
    assert cast.district.person.id not in owes(Did.TAKEN_NOTE)
    assert owes(Did.TAKEN_NOTE) <= {cast.city.person.id, cast.approver.person.id}
    desk = cast.client("district")
    page = text(desk.get(f"/hazards/{hazard.id}/oversight"))
    assert "重大是你定的" in page
    assert 'value="note"' not in page
    answer = desk.post(f"/hazards/{hazard.id}/oversight", {"act": "note", "words": "我自己知道"})
    assert answer.status_code == 409
    assert "另一个人知悉" in text(answer)
    supervising.take_note(hazard.id, "知道了", by=cast.city.actor)
    with pytest.raises(Conflict):
        supervising.take_note(hazard.id, "知道了", by=cast.approver.actor)


def test_it_says_that_it_is_known_only_when_it_is(cast):
    hazard = confirmed(cast, WIRES, grade="major")
    address, desk = f"/hazards/{hazard.id}", cast.client("community")
    assert "正在报上级" in text(desk.get(address))
    react()
    page = text(desk.get(address))
    assert "等知悉" in page
    assert "已知悉" not in page
    MajorReport.objects.update(asked=0)
    assert "没有能知悉的人" in text(desk.get(address))


def test_those_graded_before_are_found_once(cast):
    """HZD-11: by the hourly job; a drill's too, closed ones not; twice is once."""
    old = confirmed(cast, WIRES, grade="major")
    done = closed(cast, grade="major")
    confirmed(cast, "一般的")
    assert supervising.catch_up() == 1
    assert supervising.catch_up() == 0
    react()
    assert list(MajorReport.objects.values_list("hazard_id", flat=True)) == [old.id]
    assert len(owes(Did.TAKEN_NOTE)) == Obligation.objects.filter(did=Did.TAKEN_NOTE).count() == 1
    assert done.id not in {r["hazard"].id for r in _rows(cast)}


def _rows(cast):
    return cast.client("district").get("/hazards/major").context["rows"]


def test_what_is_owed_ends_with_what_it_was_for(cast):
    """HZD-11: regraded down, merged, rejected or closed, nobody has to take note or to answer any more."""
    hazard, order, _letter = supervised(cast)
    assert owes(Did.TAKEN_NOTE)
    assert owes(Did.FOLLOW_ANSWERED)
    services.regrade(hazard.id, "general", "看错了", by=cast.district.actor)
    assert not Obligation.objects.filter(did__in=[Did.TAKEN_NOTE, Did.FOLLOW_ANSWERED], state="open").exists()
    with pytest.raises(Conflict, match="不用再发"):
        supervising.follow_up(order.id, "江安跟〔2026〕2 号", "说明", by=cast.district.actor)
    with pytest.raises(Conflict):
        supervising.take_note(hazard.id, "知道了", by=cast.district.actor)
    supervising.lift(order.id, "不再是重大", by=cast.district.actor)
    services.regrade(hazard.id, "major", "又拉上了", by=cast.community.actor)
    react()
    assert owes(Did.TAKEN_NOTE) == {cast.district.person.id}, "major again is asked again"
    services.merge(hazard.id, find(cast.grid, WIRES).id, by=cast.community.actor)
    assert not owes(Did.TAKEN_NOTE)
    gone = major(cast, STAIRS)
    services.reject(gone.id, "不算", by=cast.community.actor)
    assert not owes(Did.TAKEN_NOTE)
    over = rectified(cast, major(cast, STAIRS))
    assert owes(Did.TAKEN_NOTE)
    services.accept(over.id, "好了", by=cast.street.actor)
    assert not owes(Did.TAKEN_NOTE)
    assert "销号前没看" in text(cast.client("street").get("/hazards/major?view=closed"))
    services.reopen(over.id, "又堆上了", by=cast.community.actor)
    react()
    assert owes(Did.TAKEN_NOTE) == {cast.district.person.id}, "back again is asked again"


def test_a_supervised_hazard_is_neither_merged_nor_rejected(cast):
    """HZD-11: said in plain words, on the page too."""
    hazard, *_rest = supervised(cast)
    other = find(cast.grid, WIRES)
    with pytest.raises(Conflict, match="解除"):
        services.reject(hazard.id, "不算", by=cast.community.actor)
    with pytest.raises(Conflict, match="解除"):
        services.merge(hazard.id, other.id, by=cast.community.actor)
    seen = {"into": other.id, "revision": Hazard.objects.get(id=hazard.id).revision}
    answer = cast.client("community").post(f"/hazards/{hazard.id}/do/merge", seen)
    assert answer.status_code == 409
    assert "督办单位解除" in text(answer)
    assert services.merge(other.id, hazard.id, by=cast.community.actor).state == "merged"


def test_nobody_answers_their_own_letter(cast):
    hazard, _order, letter = supervised(cast)
    page = f"/hazards/{hazard.id}/oversight"
    said = {"act": "answer", "target": letter.id, "words": "我替他们说"}
    answer = cast.client("district").post(page, said)
    assert answer.status_code == 409
    assert "我替他们说" in text(answer), "what was typed stays"
    with pytest.raises(Refused):
        supervising.answer(letter.id, "改好了", by=cast.grid.actor)
    assert cast.client("community").post(page, said).status_code == 302
    assert cast.client("community").post(page, said).status_code == 409
    own = confirmed(cast, STAIRS)
    services.regrade(own.id, "major", "堵死了", by=cast.district.actor)
    services.assign(own.id, Owner(name="", person=cast.district.person.id), by=cast.district.actor)
    mine = supervising.supervise(own.id, ORDER, by=cast.district.actor)
    supervising.follow_up(mine.id, "江安跟〔2026〕3 号", "说明进度", by=cast.district.actor)
    assert cast.district.person.id not in owes(Did.FOLLOW_ANSWERED)
    assert Entry.objects.filter(did=Did.UNWATCHED, subject_id=own.id).exists(), "nobody else: it is said"


def test_two_letters_are_two_duties(cast):
    _hazard, order, letter = supervised(cast)
    other = supervising.follow_up(order.id, "江安跟〔2026〕2 号", "说明原因", by=cast.district.actor)
    supervising.answer(letter.id, "拆了一半", by=cast.community.actor)
    assert Obligation.objects.get(did=Did.FOLLOW_ANSWERED, state="open").subject_id == other.id
    with pytest.raises(Conflict, match="发过"):
        supervising.follow_up(order.id, "江安跟〔2026〕2 号", "再说一次", by=cast.district.actor)


def test_whoever_rectified_does_not_lift_it(cast):
    hazard, order, _letter = supervised(cast)
    services.assign(hazard.id, SHOP, by=cast.district.actor)
    services.rectify(hazard.id, "线拆了", by=cast.district.actor)
    with pytest.raises(Conflict, match="别人"):
        supervising.lift(order.id, "我看了", by=cast.district.actor)
    supervising.lift(order.id, "看了", by=cast.city.actor)
    with pytest.raises(Conflict, match="已经解除"):
        supervising.lift(order.id, "再解除", by=cast.city.actor)


def test_wrong_place_wrong_role_and_bad_input(cast):
    """HZD-11: what was typed stays in the form, and each field says what it wants."""
    hazard = major(cast)
    page, desk = f"/hazards/{hazard.id}/oversight", cast.client("district")
    with pytest.raises(Hidden):
        supervising.supervise(hazard.id, ORDER, by=cast.elsewhere.actor)
    for act in (lambda by: supervising.supervise(hazard.id, ORDER, by=by),
                lambda by: supervising.take_note(hazard.id, "看过", by=by)):  # fmt: skip
        with pytest.raises(Refused):
            act(cast.street.actor)
    for wrong in ({"due_on": "2020-01-01"}, {"due_on": ""}, {"due_on": "明天"}, {"letter": ""}, {"level": "moon"}):
        answer = desk.post(page, SENT | wrong)
        assert answer.status_code == 422, wrong
        assert "七天内拆完" in text(answer)
        assert f"id_supervise_{next(iter(wrong))}-error" in text(answer)
    assert desk.post(page, {"act": "note", "words": ""}).status_code == 422
    assert desk.post(page, {"act": "fly"}).status_code == 422
    assert desk.post(page, {"act": "lift", "target": "x", "words": "看过了"}).status_code == 422
    obstacle = cast.client("community").post(
        f"/hazards/{hazard.id}/obstacle", {"kind": "moon", "words": "没有钱装充电桩"}
    )
    assert obstacle.status_code == 422
    assert "没有钱装充电桩" in text(obstacle)
    general = confirmed(cast, STAIRS)
    with pytest.raises(Conflict, match="重大"):
        supervising.supervise(general.id, ORDER, by=cast.district.actor)
    supervising.supervise(hazard.id, ORDER, by=cast.district.actor)
    with pytest.raises(Conflict, match="已经挂牌"):
        supervising.supervise(hazard.id, ORDER, by=cast.city.actor)
    with pytest.raises(Invalid):
        supervising.follow_up(Supervision.objects.get().id, "", "说明", by=cast.district.actor)


def test_its_day_goes_by_and_is_told_once(cast):
    hazard, *_rest = supervised(cast)
    Supervision.objects.update(due_on=clock.local(clock.now()).date() - dt.timedelta(days=1))
    assert supervising.lapse() == 1
    assert supervising.lapse() == 0
    assert told("过了期限") == {cast.district.person.id, cast.community.person.id}
    assert Entry.objects.filter(did=Did.SUPERVISION_LATE, subject_id=hazard.id).count() == 1


def test_residents_see_that_it_is_under_supervision(cast):
    """HZD-11, HZD-12: where the community shows it at all."""
    hazard, *_rest = supervised(cast)
    posted(cast, hazard)
    page = text(cast.client().get(f"/public/hazards/{cast.places.community.path}"))
    assert "挂牌督办（区县督办），2099-01-01 前改好" in page
    assert "江安督" not in page


def test_reporting_upward_is_set_based(cast):
    """HZD-11: the statements do not grow with the hazards of a place."""
    some = [confirmed(cast, f"第 {n} 处", grade="major").id for n in range(7)]
    with CaptureQueriesContext(connection) as one:
        assert supervising.report_up(some[:1], by=BY) == 1
    with CaptureQueriesContext(connection) as many:
        assert supervising.report_up(some, by=BY) == 6
    assert len(many) <= len(one) + 1
    assert Obligation.objects.filter(did=Did.TAKEN_NOTE).count() == 7


def test_the_list_is_narrowed_apart_from_drills_and_exported(cast):
    """HZD-11: the local day, everything, and an entry; a drill is in neither list nor counts."""
    hazard, drill = major(cast), major(cast, STAIRS)
    exercise = uuid.uuid4()
    Hazard.objects.filter(id=drill.id).update(exercise_id=exercise)
    due = dt.datetime(2026, 12, 1, 23, 30, tzinfo=dt.UTC)  # the day after, here
    Hazard.objects.filter(id=hazard.id).update(due_at=due)
    desk = cast.client("district")
    page = desk.get("/hazards/major?view=unnoted")
    assert [row["hazard"].id for row in page.context["rows"]] == [hazard.id]
    assert {k: c for k, _n, c in page.context["views"]}["unnoted"] == 1
    assert queries.counts(cast.district.actor.drilling(exercise))["open"] == 1
    assert not desk.get("/hazards/major?q=没有这样的").context["rows"]
    table = desk.get("/hazards/major.csv").content.decode("utf-8-sig")
    assert "2026-12-02 07:30" in table
    assert hazard.number in table
    assert drill.number not in table
    assert Entry.objects.filter(did=Did.EXPORTED).count() == 1
    assert desk.get("/hazards/major.xlsx").content[:2] == b"PK"
    assert cast.client("elsewhere").get("/hazards/major").context["rows"] == []
    assert "重大隐患" in text(desk.get("/hazards")), "the list of hazards leads there"


def test_found_again_by_another_kind_of_grading(cast):
    """HZD-11: on the spot, and by an inspection's form: whoever confirmed it graded it."""
    made = services.report_settled(Found(text="灭火器过期"), "当场换了新的", by=cast.community.actor)
    services.regrade(made.id, "major", "一整层都过期", by=cast.street.actor)
    react()
    assert owes(Did.TAKEN_NOTE) == {cast.district.person.id}
