"""HZD-10, EVL-02: facts side by side, four ways of knowing apart, leads only by persons and only after hearing."""

import datetime as dt

import pytest
from django.db import Error, connection, transaction
from django.test.utils import CaptureQueriesContext

from anlan.callout.models import Obligation, Receipt
from anlan.callout.queries.owed_by import Way
from anlan.hazards import services as hazards
from anlan.hazards.models import LeadAnswer, NeglectLead, ObstacleRow
from anlan.hazards.queries import conduct as queries
from anlan.hazards.services import conduct, leads
from anlan.hazards.terms import Did, Found
from anlan.hazards.tests.finding import WIRES, confirmed, find
from anlan.hazards.tests.overseeing import accused
from anlan.kernel import clock
from anlan.kernel.authority import Conflict, Hidden, Invalid, Refused, machine
from anlan.kernel.clock import now
from anlan.ledger import queries as entries_of
from anlan.ledger import services as ledger
from anlan.ledger.models import Entry

pytestmark = pytest.mark.django_db
WHY = "隐患报来以后很久没有再去看"
SEEN = "核实楼道隐患的处置经过"


def text(answer):
    return answer.content.decode()


def page_of(member):
    return f"/conduct/{member.person.pseudonym}"


def trail_of(cast, who, by="district", limit=10):
    return entries_of.trail(pseudonym=getattr(cast, who).person.pseudonym, by=getattr(cast, by).actor, limit=limit)


def story(cast, who="community", by=None):
    """Return the accounts of a member of the cast as somebody reads them."""
    member, reader = getattr(cast, who), getattr(cast, by or who).actor
    rows = queries.hazards(member.person, now() - dt.timedelta(days=9), now() + dt.timedelta(hours=1), by=reader)
    return queries.accounts(member.person, list(rows), by=reader)


def duty_on(hazard, member):
    return Obligation.objects.get(subject_id=hazard.id, person_id=member.person.id)


def told(duty, **times):
    """A carrier reports what became of a message about a duty."""
    Receipt.objects.filter(id=duty.id).delete()
    Receipt.objects.create(
        id=duty.id, obligation_id=duty.id, place_path=duty.place_path, carrier="sms_http", made_at=now(), **times
    )


def refused(sql, *params, because):
    with pytest.raises(Error, match=because), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, params)


# --- when they knew


def test_four_ways_of_knowing_are_never_one(cast):
    """HZD-10: laid, delivered, read, answered: each its own time and source; what is not recorded stays empty."""
    made = find(cast.grid)
    duty = duty_on(made, cast.community)
    (account,) = story(cast)
    assert [k.way for k in account.knew] == [Way.LAID]
    assert account.by(Way.LAID)[0].at == duty.began_at
    start = duty.began_at
    sent, read, said = (start + dt.timedelta(minutes=n) for n in (1, 5, 9))
    told(duty, delivered_at=sent, read_at=read, state="read")
    Obligation.objects.filter(id=duty.id).update(state="met", met_at=said, met_how="proxy", met_by=None)
    (account,) = story(cast)
    assert [(k.way, k.at) for k in account.knew] == [
        (Way.LAID, start), (Way.DELIVERED, sent), (Way.READ, read), (Way.ANSWERED, said)
    ]  # fmt: skip
    assert [k.source for k in account.knew] == ["待办清单", "短信", "短信", "别人代记"]
    shown = text(cast.client("community").get(page_of(cast.community)))
    for words in ("任务落到名下", "消息送达", "看了", "应了，或当面告知", "短信", "别人代记"):
        assert words in shown


def test_a_failed_message_is_no_knowledge_and_says_why(cast):
    made = find(cast.grid)
    told(duty_on(made, cast.community), failed_at=now(), reason="suspended", state="failed")
    (account,) = story(cast)
    assert [k.way for k in account.knew] == [Way.LAID, Way.FAILED]
    assert account.by(Way.FAILED)[0].source == "短信：停机"
    assert not account.by(Way.DELIVERED)
    assert text(cast.client("community").get(page_of(cast.community))).count("没有记录") >= 3


def test_a_duty_that_another_met_is_not_said_to_be_theirs(cast):
    made = find(cast.grid)
    hazards.confirm(made.id, grade="general", by=cast.street.actor)
    (account,) = story(cast)
    assert not account.by(Way.ANSWERED)
    assert not account.deeds
    assert "由别人办了" in text(cast.client("community").get(page_of(cast.community)))


def test_the_whole_story_is_told_and_not_the_period_alone(cast):
    """HZD-10: a period picks the hazards; what came before it is not hidden, or it would look as if nobody knew."""
    made = find(cast.grid)
    with clock.shifted(dt.timedelta(days=30)):
        hazards.confirm(made.id, grade="general", by=cast.community.actor)
        (account,) = story(cast)
        assert account.by(Way.LAID)[0].at < now() - dt.timedelta(days=29)
        assert [e.did for e in account.deeds] == [Did.CONFIRMED]


def test_the_page_costs_the_same_for_many(cast):
    client, url = cast.client("community"), page_of(cast.community)
    find(cast.grid)
    client.get(url)
    with CaptureQueriesContext(connection) as few:
        client.get(url)
    for n in range(4):
        find(cast.grid, f"{n} 栋楼道堆满纸箱，走不过去")
    with CaptureQueriesContext(connection) as many:
        assert text(client.get(url)).count('class="conduct-story"') == 5
    assert len(many) <= len(few) + 1


# --- who may see it


def test_a_page_is_opened_with_a_reason_that_the_person_reads(cast):
    """HZD-10: another's page opens by a POST with a reason; a GET writes nothing; the person sees who and why."""
    confirmed(cast)
    desk, url, before = cast.client("district"), page_of(cast.grid), Entry.objects.count()
    door = desk.get(url)
    assert "为什么要看" in text(door)
    assert "conduct-story" not in text(door)
    assert desk.get(f"{url}/print").status_code == 302
    assert Entry.objects.count() == before
    assert desk.post(url, {"act": "open", "reason": "看"}).status_code == 422
    assert desk.post(url, {"act": "open", "reason": SEEN}).status_code == 302
    assert Entry.objects.filter(did=Did.CONDUCT_SEEN).count() == 1
    shown = desk.get(url)
    assert "conduct-story" in text(shown)
    assert SEEN in text(shown)
    assert "no-store" in shown["Cache-Control"]
    assert "本人签名" not in text(desk.get(f"{url}/print"))
    assert Entry.objects.count() == before + 1
    own = text(cast.client("grid").get(url))
    assert SEEN in own
    assert "周建平" in own
    assert "本人签名" in text(cast.client("grid").get(f"{url}/print"))
    assert "谁看过这一页" not in text(shown)
    with clock.shifted(dt.timedelta(hours=9)):
        assert "为什么要看" in text(cast.client("district").get(url))


def test_nobody_else_finds_the_page(cast):
    """HZD-10: oneself, and whoever holds the permission above; for all others it is not there, by any door."""
    confirmed(cast)
    url = page_of(cast.community)
    for who in ("street", "grid", "elsewhere", "nobody"):
        client = cast.client(who)
        assert client.get(url).status_code == 404
        assert client.get(f"{url}/print").status_code == 404
        assert client.post(url, {"act": "open", "reason": SEEN}).status_code == 404
        assert client.post(f"{url}/bundle.zip").status_code == 404
    assert cast.client("community").get("/conduct/me")["Location"] == url
    assert cast.client().get(url).status_code == 302
    find_them = text(cast.client("district").get("/conduct/leads?q=何秀兰"))
    assert url in find_them
    assert url not in text(cast.client("elsewhere").get("/conduct/leads?q=何秀兰"))
    assert "看谁的履职材料" not in text(cast.client("community").get("/conduct/leads"))


def test_a_drill_never_stands_on_the_page(cast):
    """HZD-10: what was done in an exercise is no conduct and no evidence, and no lead is opened in one."""
    drill = ledger.open_exercise("演练", place_path=cast.places.district.path, by=cast.district.actor)
    drilled = hazards.report(Found(text="演练：楼道堆满纸箱"), by=cast.grid.actor.drilling(drill.id))
    assert story(cast) == []
    assert story(cast, "grid") == []
    hazards.confirm(drilled.id, grade="general", by=cast.community.actor.drilling(drill.id))
    found = [e.id for e in trail_of(cast, "community") if e.exercise]
    assert len(found) >= 1
    real = confirmed(cast)
    other = [e.id for e in trail_of(cast, "community") if e.subject_id == real.id]
    with pytest.raises(Invalid, match="不能作依据"):
        leads.open_lead(cast.community.person.pseudonym, [*found, *other], WHY, by=cast.district.actor)
    with pytest.raises(Conflict, match="演练"):
        leads.open_lead(cast.community.person.pseudonym, other * 2, WHY, by=cast.district.actor.drilling(drill.id))


# --- what stood in the way


def test_only_whoever_has_a_duty_or_their_superior_says_what_stood_in_the_way(cast):
    """HZD-10: whoever had a duty on the hazard, or their superior; not the reporter alone, nor somebody else."""
    made = find(cast.grid)
    conduct.say_obstacle(made.id, "people", "只有一个人值班", by=cast.community.actor)
    conduct.say_obstacle(made.id, "people", "社区确实只有一个人", by=cast.street.actor)
    for who in ("grid", "city"):
        with pytest.raises(Refused):
            conduct.say_obstacle(made.id, "money", "没有钱装充电桩", by=getattr(cast, who).actor)
    with pytest.raises(Hidden):
        conduct.say_obstacle(made.id, "money", "没有钱装充电桩", by=cast.elsewhere.actor)
    hazards.confirm(made.id, grade="general", by=cast.community.actor)
    conduct.say_obstacle(made.id, "money", "办完以后再说一句", by=cast.community.actor)  # they had one
    page = f"/hazards/{made.id}/oversight"
    assert "登记我的难处" in text(cast.client("community").get(page))
    assert "登记我的难处" not in text(cast.client("grid").get(page))
    assert cast.client("grid").post(f"/hazards/{made.id}/obstacle", {"kind": "money"}).status_code == 403
    (account,) = story(cast)
    assert [o.by_name for o in account.obstacles] == ["何秀兰", "吴晓燕", "何秀兰"]
    for kind, words in (("luck", "运气不好啊"), ("money", "没钱")):
        with pytest.raises(Invalid):
            conduct.say_obstacle(made.id, kind, words, by=cast.community.actor)


def test_nobody_changes_what_was_said_not_even_by_sql(cast):
    """HZD-10, EVL-02: what stood in the way, the answers, what a lead stands on: UPDATE, DELETE, TRUNCATE refused."""
    made = find(cast.grid)
    conduct.say_obstacle(made.id, "people", "只有一个人值班", by=cast.community.actor)
    row = accused(cast)
    leads.answer_lead(row.id, "那天在处理另一处漏水", by=cast.grid.actor)
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        assert cursor.fetchone() == ("anlan_app",)
    refused("UPDATE hazards_obstacle SET words = '没事'", because="stays as it was said")
    refused("DELETE FROM hazards_obstacle", because="stays as it was said")
    refused("UPDATE hazards_lead_answer SET words = '认了'", because="stays as it was said")
    refused("DELETE FROM hazards_lead_answer", because="stays as it was said")
    refused("UPDATE hazards_lead SET entries = entries[2:] || entries[1:1]", because="opened on stays")
    refused("UPDATE hazards_lead SET answer_due = now()", because="opened on stays")
    refused("DELETE FROM hazards_lead", because="opened on stays")
    for table in ("hazards_obstacle", "hazards_lead_answer", "hazards_lead"):
        refused(f"TRUNCATE {table} CASCADE", because="permission denied")
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET ROLE NONE")
        for table in ("hazards_obstacle", "hazards_lead_answer"):
            refused(f"TRUNCATE {table}", because="stays as it was said")
        refused("UPDATE hazards_obstacle SET words = '没事'", because="stays as it was said")
        cursor.execute("SET ROLE anlan_app")
    assert ObstacleRow.objects.get().words == "只有一个人值班"


# --- leads


def test_a_lead_stands_on_evidence_about_that_person(cast):
    """EVL-02: two entries at least, seen by the opener, done by that person or laid on them; never another's."""
    made, grid = confirmed(cast), cast.grid.person.pseudonym
    find(cast.grid, WIRES)
    mine, theirs = ([e.id for e in trail_of(cast, w) if e.did.startswith("hazards.")] for w in ("grid", "community"))
    for chosen, words in (
        (mine[:1], "至少选 2 条"),
        (mine[:1] * 2, "至少选 2 条"),
        ([*mine[:1], *theirs[:1]], "1 条记录不是这个人做的"),
        (theirs[:1] + theirs[:1], "至少选 2 条"),
    ):
        with pytest.raises(Invalid, match=words):
            leads.open_lead(grid, chosen, WHY, by=cast.district.actor)
    with pytest.raises(Invalid, match="凭什么"):
        leads.open_lead(grid, mine, "懒", by=cast.district.actor)
    for who, wrong in (("grid", Refused), ("community", Hidden), ("elsewhere", Hidden)):
        with pytest.raises(wrong):
            leads.open_lead(grid, mine, WHY, by=getattr(cast, who).actor)
    assert not NeglectLead.objects.exists()
    duty = Entry.objects.get(did="callout.owed", subject_id=duty_on_community(made).id)
    row = leads.open_lead(cast.community.person.pseudonym, [duty.id, theirs[0]], WHY, by=cast.district.actor)
    assert row.state == "opened"
    with pytest.raises(Invalid, match="1 条记录不是这个人做的"):
        leads.open_lead(grid, [duty.id, mine[0]], WHY, by=cast.district.actor)
    looked = ledger.record(Did.CONDUCT_SEEN, conduct.About(grid, cast.places.grid.path), by=cast.grid.actor, reason="x")
    with pytest.raises(Invalid, match="1 条记录不是这个人做的"):
        leads.open_lead(grid, [looked, mine[0]], WHY, by=cast.district.actor)


def duty_on_community(hazard):
    return Obligation.objects.filter(subject_id=hazard.id, pseudonym__isnull=False).order_by("began_at").first()


def test_nothing_opens_a_lead_by_itself(cast):
    """EVL-02: no job, reaction or overdue rule writes a lead; only this service does, by a person."""
    confirmed(cast)
    with pytest.raises(Refused):
        leads.open_lead(cast.grid.person.pseudonym, [], WHY, by=machine("hazards.overdue"))
    assert not NeglectLead.objects.exists()


def test_the_person_is_told_and_heard_before_anything_is_found(cast):
    """EVL-02: told at once, time to answer, every answer kept; no finding before, by service, page or raw SQL."""
    confirmed(cast)
    row = accused(cast)
    news = Obligation.objects.get(subject_id=row.id, person_id=cast.grid.person.id, state="told")
    assert "还没有认定什么" in news.why
    assert news.link == f"/conduct/leads/{row.id}"
    assert Obligation.objects.filter(subject_id=row.id, did=Did.LEAD_CONFIRMED, state="open").exists()
    leads.confirm_lead(row.id, "有必要查清", by=cast.city.actor)
    for finding in ("unfounded", "exempt", "passed"):
        with pytest.raises(Conflict, match="先听本人说"):
            leads.end_lead(row.id, finding, "看过了材料", by=cast.city.actor)
    assert 'value="end"' not in text(cast.client("city").get(f"/conduct/leads/{row.id}"))
    sql = """UPDATE hazards_lead SET state = 'exempt', ended_at = now(), ended_by = confirmed_by, opinion = 'x'
             WHERE id = %s"""
    refused(sql, row.id, because="was not heard")
    mine = cast.client("grid")
    address = f"/conduct/leads/{row.id}"
    assert mine.post(address, {"act": "answer", "words": "那天在处理另一处漏水"}).status_code == 302
    assert mine.post(address, {"act": "answer", "words": "补充：值班表上只有我一个人"}).status_code == 302
    assert mine.post(address, {"act": "answer", "words": " "}).status_code == 422
    shown = text(cast.client("district").get(address))
    assert "那天在处理另一处漏水" in shown
    assert "补充：值班表上只有我一个人" in shown
    assert LeadAnswer.objects.filter(lead=row).count() == 2
    with pytest.raises(Refused):
        leads.answer_lead(row.id, "替他说一句", by=cast.district.actor)
    done = leads.end_lead(row.id, "exempt", "值班只有一个人，容错登记", by=cast.city.actor)
    assert done.state == "exempt"
    with pytest.raises(Conflict, match="已经有结论"):
        leads.answer_lead(row.id, "还想说", by=cast.grid.actor)
    assert "免责" in text(mine.get(address))
    assert Obligation.objects.filter(subject_id=row.id, person_id=cast.grid.person.id, why__contains="免责").exists()
    assert not Obligation.objects.filter(subject_id=row.id, state="open").exists()
    assert "漏水" not in str([e.values for e in Entry.objects.filter(subject_id=row.id)])  # sealed text stays private


def test_time_for_the_answer_may_pass(cast):
    """EVL-02: who does not answer is heard when the time is over, which was fixed when the lead was opened."""
    confirmed(cast)
    row = accused(cast)
    assert dt.timedelta(days=4) < row.answer_due - now() < dt.timedelta(days=20)
    with clock.shifted(row.answer_due - now() + dt.timedelta(minutes=1)):
        done = leads.end_lead(row.id, "unfounded", "材料看过，不成立", by=cast.city.actor)
    assert done.state == "unfounded"


def test_whoever_opened_it_neither_confirms_nor_ends_it(cast):
    """EVL-02: two persons for each lead; the concerned is never one of them; the database holds it too."""
    confirmed(cast)
    row = accused(cast)
    leads.answer_lead(row.id, "那天在处理另一处漏水", by=cast.grid.actor)
    for step in (
        lambda by: leads.confirm_lead(row.id, "有必要查清", by=by),
        lambda by: leads.end_lead(row.id, "unfounded", "算了算了", by=by),
    ):
        with pytest.raises(Conflict, match="另一个人"):
            step(cast.district.actor)
        with pytest.raises(Refused):
            step(cast.grid.actor)
        with pytest.raises(Hidden):
            step(cast.street.actor)
    with pytest.raises(Conflict, match="先由另一个人复核"):
        leads.end_lead(row.id, "passed", "直接移送", by=cast.city.actor)
    sql = """UPDATE hazards_lead SET state = 'unfounded', ended_at = now(), ended_by = {who}, opinion = 'x'
             WHERE id = %s"""
    refused(sql.format(who="opened_by"), row.id, because="other_ends")
    refused(sql.format(who="person"), row.id, because="not_of_oneself")
    desk = cast.client("district")
    answer = desk.post(f"/conduct/leads/{row.id}", {"act": "end", "finding": "unfounded", "words": "算了算了"})
    assert answer.status_code == 422
    assert "由另一个人来" in text(answer)
    row.refresh_from_db()
    assert row.state == "opened"


def test_a_lead_is_opened_from_the_page(cast):
    """EVL-02: boxes only where one asked for them; what was ticked and written is kept where something is wrong."""
    confirmed(cast)
    url, desk = page_of(cast.grid), cast.client("district")
    desk.post(url, {"act": "open", "reason": SEEN})
    assert 'name="entries"' not in text(desk.get(url))
    picking = text(desk.get(f"{url}?pick=1"))
    assert 'name="entries"' in picking
    chosen = [str(e.id) for e in trail_of(cast, "grid") if e.did == Did.REPORTED]
    answer = desk.post(url, {"act": "lead", "entries": chosen, "reason": WHY})
    assert answer.status_code == 422
    assert WHY in text(answer)
    assert f'value="{chosen[0]}" checked' in text(answer)
    assert desk.post(url, {"act": "lead", "entries": ["x"], "reason": WHY}).status_code == 422
    find(cast.grid, WIRES)
    chosen = [str(e.id) for e in trail_of(cast, "grid") if e.did == Did.REPORTED]
    answer = desk.post(url, {"act": "lead", "entries": chosen, "reason": WHY}, follow=True)
    assert "本人收到消息" in text(answer)
    assert WHY in text(cast.client("grid").get("/conduct/leads"))
    assert WHY not in text(cast.client("community").get("/conduct/leads"))
