"""HZD-11: a violation goes to the enforcement department; receipt and result come back, silence goes up."""

import datetime as dt
import uuid

import pytest

from anlan.callout.models import Obligation
from anlan.fieldwork.services import uploads
from anlan.hazards import services
from anlan.hazards.models import Hazard, Referral
from anlan.hazards.services import referring
from anlan.hazards.terms import Did
from anlan.hazards.tests.finding import STAIRS, closed, confirmed, find, picture
from anlan.hazards.tests.overseeing import BY, case, department
from anlan.kernel import clock
from anlan.kernel.authority import Conflict, Hidden, Invalid, Refused
from anlan.ledger.models import Entry
from anlan.people import services as people

pytestmark = pytest.mark.django_db

WORDS = "罚款两千元，责令当场拆除"


def text(answer):
    return answer.content.decode()


def owes(did, state="open"):
    return set(Obligation.objects.filter(did=did, state=state).values_list("person_id", flat=True))


def told(word):
    return set(Obligation.objects.filter(state="told", why__contains=word).values_list("person_id", flat=True))


@pytest.fixture
def team(cast):
    """The fire brigade of the district, with somebody at its post who sees no hazards; sets cast.officer."""
    found = department(cast)
    path = cast.places.district.path
    person = people.enrol(people.PersonDraft(name="孔令辉", phone="13712340901"), place_path=path, by=BY)
    post = people.create_post(people.PostDraft(role="social_supervisor", place_path=path, organisation=found.id), by=BY)
    people.appoint(post.id, person.id, by=BY)
    account = people.open_account(person.id, "officer", by=BY)
    cast.officer = type(cast.grid)("孔令辉", "13712340901", person, account, post)
    return found


def referred(cast, team, hazard=None):
    made = hazard or confirmed(cast, STAIRS, uploads=uploads.keep_photos([picture()], by=cast.grid.actor))
    return referring.refer(made.id, case(team.id), by=cast.street.actor)


def test_the_whole_way(cast, team):
    """HZD-11: sent on the page → receipt signed → result filed → the sender is told and reads it on the hazard."""
    hazard = confirmed(cast, STAIRS, uploads=uploads.keep_photos([picture()], by=cast.grid.actor))
    page, desk, theirs = f"/hazards/{hazard.id}/oversight", cast.client("street"), cast.client(cast.officer)
    sent = {"act": "refer", "organisation": team.id, "letter": "柳移〔2026〕1 号", "who": "老王五金店",
            "facts": "占用疏散通道", "basis": "消防法第二十八条", "evidence": "现场照片一张"}  # fmt: skip
    assert desk.post(page, sent).status_code == 302
    row = Referral.objects.get()
    address = f"/referrals/{row.id}"
    assert (row.organisation_name, row.sent_name, row.state) == ("江岸区消防救援大队", "吴晓燕", "sent")
    assert owes(Did.REFERRAL_RECEIVED) == {cast.officer.person.id}
    assert "等回执" in text(desk.get(f"/hazards/{hazard.id}"))
    assert theirs.get(f"/hazards/{hazard.id}").status_code == 404, "they see the referral, not the hazards"
    assert row.letter in text(theirs.get("/referrals"))
    shown = text(theirs.get(address))
    assert "签回执" in shown
    assert "占用疏散通道" in shown
    photo = hazard.evidence.get().upload_id
    assert theirs.get(f"{address}/photos/{photo}?small")["Content-Type"] == "image/jpeg"
    assert theirs.get(f"{address}/photos/{uuid.uuid4()}").status_code == 404
    assert row.who in text(theirs.get(f"{address}/letter"))
    assert theirs.post(address, {"act": "conclude", "words": WORDS}).status_code == 409, "the receipt comes first"
    assert theirs.post(address, {"act": "receive", "words": "江消案 7 号"}).status_code == 302
    assert owes(Did.REFERRAL_RECEIVED) == set()
    assert owes(Did.REFERRAL_RESULT) == {cast.officer.person.id}
    assert cast.street.person.id in told("签收了移送")
    assert "江消案 7 号" in text(desk.get(f"/hazards/{hazard.id}"))
    answer = theirs.post(address, {"act": "conclude", "words": ""})
    assert answer.status_code == 422
    assert "id_conclude_words-error" in text(answer)
    assert theirs.post(address, {"act": "conclude", "words": WORDS}).status_code == 302
    assert owes(Did.REFERRAL_RESULT) == set()
    assert cast.street.person.id in told(WORDS)
    assert cast.officer.person.id not in told(WORDS)
    assert WORDS in text(desk.get(f"/hazards/{hazard.id}"))
    assert WORDS in text(desk.get(page))
    again = theirs.post(address, {"act": "return", "words": "不归我们管"})
    assert again.status_code == 409
    row.refresh_from_db()
    assert (row.state, row.received_name, row.case_number, row.result) == ("result", "孔令辉", "江消案 7 号", WORDS)
    trail = Entry.objects.filter(chain=hazard.chain_id, did__startswith="hazards.referr").order_by("id")
    assert [e.did for e in trail] == [Did.REFERRED, Did.REFERRAL_RECEIVED, Did.REFERRAL_RESULT]


def test_given_back_it_may_go_to_another(cast, team):
    """HZD-11: with the reason, before or after the receipt; while it is open there, not a second time."""
    row = referred(cast, team)
    hazard = Hazard.objects.get()
    with pytest.raises(Conflict, match="还没有结果"):
        referred(cast, team, hazard)
    theirs = cast.client(cast.officer)
    assert theirs.post(f"/referrals/{row.id}", {"act": "return", "words": "归住建局管"}).status_code == 302
    assert owes(Did.REFERRAL_RECEIVED) == set()
    assert cast.street.person.id in told("归住建局管")
    assert "归住建局管" in text(cast.client("street").get(f"/hazards/{hazard.id}"))
    later = referred(cast, team, hazard)
    referring.receive(later.id, by=cast.officer.actor)
    referring.give_back(later.id, "看过了，不归我们", by=cast.officer.actor)
    assert owes(Did.REFERRAL_RESULT) == set()
    assert owes(Did.REFERRAL_RESULT, "void") == {cast.officer.person.id}


def test_only_theirs_sign_and_only_who_refers_sends(cast, team):
    row = referred(cast, team)
    for act in (referring.receive, referring.conclude, referring.give_back):
        with pytest.raises(Refused):
            act(row.id, "我替他们签", by=cast.street.actor)
        with pytest.raises(Hidden):
            act(row.id, "我替他们签", by=cast.elsewhere.actor)
    hazard = confirmed(cast)
    with pytest.raises(Refused):
        referring.refer(hazard.id, case(team.id), by=cast.community.actor)
    with pytest.raises(Hidden):
        referring.refer(hazard.id, case(team.id), by=cast.elsewhere.actor)
    with pytest.raises(Conflict, match="确认过"):
        referring.refer(find(cast.grid).id, case(team.id), by=cast.street.actor)
    assert cast.client("elsewhere").get(f"/referrals/{row.id}").status_code == 404
    assert cast.client("nobody").get("/referrals").status_code == 403


def test_only_a_department_that_is_offered(cast, team):
    """HZD-11: not one of another district, nor any other organisation; and what was typed stays."""
    there = people.found_organisation(
        "北埠区城管局", place_path=cast.places.other_district.path, by=BY, kind="department"
    )
    shop = people.found_organisation("竹苑物业", place_path=cast.places.community.path, by=BY, kind="enterprise")
    hazard = confirmed(cast)
    for wrong in (there.id, shop.id, uuid.uuid4()):
        with pytest.raises(Invalid) as error:
            referring.refer(hazard.id, case(wrong), by=cast.street.actor)
        assert set(error.value.errors) == {"organisation"}
    sent = {"act": "refer", "organisation": there.id, "letter": "柳移〔2026〕1 号", "who": "老王五金店",
            "facts": "占用疏散通道三个月", "basis": "", "evidence": "现场照片一张"}  # fmt: skip
    answer = cast.client("street").post(f"/hazards/{hazard.id}/oversight", sent)
    assert answer.status_code == 422
    page = text(answer)
    assert "占用疏散通道三个月" in page
    assert "id_refer_organisation-error" in page
    assert "id_refer_basis-error" in page
    assert not Referral.objects.exists()


def test_without_a_receipt_the_sender_and_one_above_are_told(cast, team):
    """HZD-11: 超时未回执升级: the department is reminded, then whoever sent it and who is above them, once."""
    row = referred(cast, team)
    steps = Obligation.objects.get(did=Did.REFERRAL_RECEIVED).ladder
    assert [s["act"] for s in steps] == ["again", "superior", "superior"]
    assert referring.chase() == 0
    with clock.shifted(row.receipt_due - clock.now() + dt.timedelta(minutes=1)):
        assert referring.chase() == 1
        assert referring.chase() == 0
        assert told("过期没回执") == {cast.street.person.id, cast.district.person.id}
        assert Entry.objects.filter(did=Did.REFERRAL_LATE, subject_id=row.hazard_id).count() == 1
        desk = cast.client("street")
        assert "过期没回执" in text(desk.get(f"/hazards/{row.hazard_id}"))
        assert row.letter in text(desk.get("/referrals?view=late"))
        assert "已经告诉移送的人和上一级" in text(cast.client(cast.officer).get(f"/referrals/{row.id}"))
        referring.receive(row.id, by=cast.officer.actor)
        assert not desk.get("/referrals?view=late").context["rows"]


def test_a_department_with_nobody_is_said_so_and_chased(cast):
    empty = department(cast)
    hazard = confirmed(cast)
    row = referring.refer(hazard.id, case(empty.id), by=cast.city.actor)
    assert Entry.objects.filter(did=Did.UNWATCHED, subject_id=hazard.id).exists()
    with clock.shifted(row.receipt_due - clock.now() + dt.timedelta(minutes=1)):
        assert referring.chase() == 1
    assert cast.city.person.id in told("过期没回执"), "the sender; above the city there may be nobody"


def test_drills_stay_apart(cast, team):
    """HZD-11: in lists, counts and files, for the department too; the link of a drill's own duty still opens it."""
    real, drill = referred(cast, team), referred(cast, team, confirmed(cast, "演练的隐患"))
    Referral.objects.filter(id=drill.id).update(exercise_id=uuid.uuid4())
    for who in ("street", cast.officer):
        page = cast.client(who).get("/referrals?view=all")
        assert [row["row"].id for row in page.context["rows"]] == [real.id]
        assert {k: c for k, _n, c in page.context["views"]} == {"open": 1, "late": 0, "done": 0, "all": 1}
        assert drill.hazard.text not in cast.client(who).get("/referrals.csv").content.decode("utf-8-sig")
    assert "演练" in text(cast.client(cast.officer).get(f"/referrals/{drill.id}"))


def test_the_list_is_searched_and_exported_in_local_time(cast, team):
    row = referred(cast, team)
    Referral.objects.update(receipt_due=dt.datetime(2026, 12, 1, 23, 30, tzinfo=dt.UTC))
    desk = cast.client("street")
    assert desk.get("/referrals?q=老王").context["rows"]
    assert not desk.get("/referrals?q=没有这样的").context["rows"]
    table = desk.get("/referrals.csv?view=all").content.decode("utf-8-sig")
    assert "2026-12-02 07:30" in table
    assert row.letter in table
    assert desk.get("/referrals.xlsx").content[:2] == b"PK"
    assert cast.client("nobody").get("/referrals.csv").status_code == 403
    assert "/referrals" in text(desk.get("/hazards")), "the list of hazards leads there"


def test_a_closed_hazard_may_still_be_referred_a_rejected_one_not(cast, team):
    assert referred(cast, team, closed(cast)).state == "sent"
    gone = services.reject(confirmed(cast, "树上有鸟窝").id, "不算", by=cast.community.actor)
    with pytest.raises(Conflict, match="确认过"):
        referred(cast, team, gone)
