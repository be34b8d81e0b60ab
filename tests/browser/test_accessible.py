"""PLT-05: every page of the menu, and the pages without one, read well to everybody: axe, 390 and 1440 px, keyboard."""

import contextlib
import datetime as dt
import uuid
from types import SimpleNamespace

import pytest

from anlan.alerts.services import notices, take
from anlan.callout.models import Relay, Robot
from anlan.callout.services import calls
from anlan.fieldwork.models import Record as Sent
from anlan.fieldwork.services import forms
from anlan.fieldwork.tests.workbooks import CHOICES, SETTINGS, VISIT, book
from anlan.hazards.queries import library
from anlan.hazards.services import checklists, conduct, library_sheets, publishing, tips
from anlan.hazards.terms import Said as Tipped
from anlan.hazards.terms import Sender
from anlan.hazards.tests import inspecting, overseeing
from anlan.hazards.tests.finding import confirmed, rectified
from anlan.incidents import services as incidents
from anlan.incidents.terms import Said
from anlan.kernel import clock
from anlan.kernel.authority import Refused, machine
from anlan.ledger import services as ledger
from anlan.ledger.models import Entry
from anlan.people import queries as people_now
from anlan.people import services as people
from anlan.places import services as places
from anlan.sensing.models import Feed
from anlan.sensing.tests import registering, watching
from anlan.sensing.tests.alarming import raised
from anlan.web.tests import story

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PASSWORD = "a-long-enough-passphrase"
WIDTHS = (1440, 390)
BY = machine("test")
ROSTER = "社区,网格,姓名,岗位,联系电话\n竹苑社区,第三网格,李明,网格员,13800001111\n竹苑社区,第九网格,赵六,网格员,1\n"
MATTERS = "事项码,事项名称,主责部门,时限\nXF01,占用消防车通道,区消防救援大队,2小时\nX2,没有主责,,\n"
CHANGES = "区县代码,区县名称,街道代码,街道名称\n519901,江岸区,519901002,柳荫新街道\n519902,北埠区,519902001,港口街道\n"
LISTS = "检查表码,检查表,问题,期限\nx1,一张表,门锁着吗,\nx1,,灯亮吗,半年\n"
PLACES = "代码,名称\n519901001003,江口社区\n519955001,无上级街道\n"


def published(cast):
    """Return a hazard that residents see, with a remark of one."""
    shown = confirmed(cast)
    publishing.publish(shown.id, "楼道堆满纸箱，走不过去", "3 栋", days=30, by=cast.community.actor)
    publishing.remark(shown.id, "堆了很久", Sender(b"n" * 16, b"d" * 16))
    return shown


def referral_pages(cast, hazard):
    """Hand a violation to a department; return the pages of it."""
    made = overseeing.referred(cast, hazard)
    return [f"/referrals/{made.id}", f"/referrals/{made.id}/letter"]


def feed_pages(cast):
    """Add a source that fails; return the pages of sources."""
    feed = Feed.objects.create(
        place_path=cast.places.city.path, kind="mqtt", name="水务局遥测", state="on",
        health={"state": "failing", "message": "连不上", "came": 12, "taken": 9, "refused": 3},
    )  # fmt: skip
    one = f"/sensing/feeds/{feed.id}"
    return ["/sensing/feeds", "/sensing/feeds?q=没有", "/sensing/feeds/new/mqtt", one, f"{one}/off", f"{one}/token"]


def conduct_pages(cast):
    """Open a lead about the grid worker, and their page for the city; return the pages of both."""
    lead = overseeing.accused(cast)
    conduct.open_page(lead.person, "核实处置经过", by=cast.city.actor)
    whose = f"/conduct/{lead.person}"
    door = f"/conduct/{cast.district.person.pseudonym}"
    return [
        "/conduct/me",
        "/conduct/leads?q=李小满",
        f"/conduct/leads/{lead.id}",
        f"{whose}?pick=1",
        f"{whose}/print",
        door,
    ]


@pytest.fixture
def laid(live_db, cast):
    """A town with one of everything that a page can show."""
    story.crew(cast)
    for who in ("city", "admin", "community"):
        member = getattr(cast, who)
        member.account.set_password(PASSWORD)
        member.account.save()
        member.account.authenticator_set.all().delete()
    weather = story.Weather()
    orange, red = weather.post(story.ORANGE), None
    running = story.call_of(orange)
    calls.approve(running.id, by=cast.approver.actor)
    story.settle()
    red = weather.post(story.RED)
    start = clock.now()
    said = notices.Draft(
        hazard="内涝", level="yellow", starts_at=start, expires_at=start + dt.timedelta(hours=6),
        paths=[cast.places.district.path], matters="今晚低处会积水。", measures="叫醒低处的人。", issuer="江岸区应急",
        public=True,
    )  # fmt: skip
    notice = notices.draft(said, by=cast.city.actor)
    heard = incidents.report(Said(text="7 栋楼下积水"), by=cast.grid.actor)
    own = incidents.report(Said(text="桥下水漫上来了"), by=cast.city.actor)
    seen = incidents.report(Said(text="三号楼进水，两个人被困"), by=cast.grid.actor)
    incident = incidents.verify(seen.id, by=cast.community.actor)
    broken = take(b"<broken", by=BY)
    roster = people.read_roster(ROSTER.encode(), "表.csv", place_path=cast.places.street.path, by=cast.city.actor)
    batch = places.import_divisions(PLACES.encode(), by=cast.admin.actor, dry_run=False, mode="good", name="表.csv")
    people.plant_list(cast.places.city.path, by=BY)
    matters = people.read_roster(
        MATTERS.encode(), "清单.csv", place_path=cast.places.city.path, by=cast.city.actor, kind="matters"
    )
    duty = people_now.draft_of(people.import_roster(matters.id, by=cast.city.actor))
    people.note_ownerless("墙上有马蜂窝", "3 号楼", by=cast.grid.actor, at=cast.places.grid.path)
    with contextlib.suppress(Refused):
        people.check_assignment("XF01", "community", as_lead=True, at=cast.places.community.path, by=cast.city.actor)
    change = places.plan(CHANGES.encode(), "2024.csv", places.Draft(cast.places.city.path, start.date()), by=BY)
    home = cast.places.community.path
    came = [
        people.register(
            people.CheckinDraft(f"报到人{n}", f"1390000{n:04d}", "竹苑小区", f"{n % 3}号楼", times=["emergency"]),
            place_path=home, by=BY, source="self",
        )[0].id
        for n in range(8)
    ]  # fmt: skip
    people.confirm_checkins(came[:7], by=BY)
    wanted = people.TaskDraft("楼道清理", "3 号楼", start + dt.timedelta(hours=3), 2, skills=["搬运"])
    task = people.post_task(wanted, place_path=home, by=BY)
    muster = people.form_groups(home, by=BY, title="暴雨编组")
    ledger.seal_all()
    robot = Robot.objects.create(
        place_path=cast.places.street.path,
        name="柳荫街道值班群",
        kind="dingtalk",
        url="x",
        last_error="310000",
    )
    phone = Relay.objects.create(
        place_path=cast.places.street.path, name="街道值班室的手机", mode="pull", token="x", digest=b"r", battery=9,
        signal=80, balance="12.30 元", seen_at=start,
    )  # fmt: skip
    mine, seen_to = story.owed(running, cast.grid), inspecting.everything(cast)
    hazard, register = rectified(cast), registering.everything(cast)
    shown, (above, order, letter) = published(cast), overseeing.supervised(cast)
    tip, receipt = tips.send(Tipped(text="楼道里堆满纸箱", client=uuid.uuid4(), place=home, name="王"), Sender())
    form = forms.import_form(book(VISIT, CHOICES, SETTINGS), place=cast.places.city.path, by=BY)
    forms.publish(form.id, reason="汛前要用", by=BY)
    draft_form = forms.import_form(
        book(VISIT, CHOICES, SETTINGS | {"version": "2"}), place=cast.places.city.path, by=BY
    )
    sent = Sent.objects.create(
        id=uuid.uuid4(), device=uuid.uuid4(), seq=1, kind="hazards.rectify", state="conflict", message="已经有人先办了",
        pseudonym=cast.grid.person.pseudonym, sender="李小满", post_title="网格员", place_path=cast.places.grid.path,
        at=start, ahead=172_800, offline=True, now={"状态": "已整改"}, mine={"状态": "还在整改", "说明": "电线收好了"},
    )  # fmt: skip
    draft = checklists.draft_checklist(library.checklist_for("site")[0].checklist_id, by=cast.city.actor)
    sheet = library_sheets.read_lists(LISTS.encode(), "表.csv", by=cast.city.actor)
    spot, person, post = cast.places.street.path, cast.grid.person.id, cast.grid.post.id
    c, a = f"/calls/{running.id}", f"/alerts/{red.id}"
    return SimpleNamespace(
        link=story.link(mine),
        city=[
            "/inbox", "/search?q=竹苑", "/alerts", "/alerts?view=all", "/alerts/new", "/alerts/intake",
            f"/alerts/intake/{broken.id}", a, f"{a}/call", f"/alerts/calls/{story.call_of(red).id}",
            f"/alerts/calls/{story.call_of(red).id}/list?kind=all", "/notices", "/notices/new", f"/notices/{notice.id}",
            f"/notices/{notice.id}/edit", "/calls", c, f"{c}/unreached", f"{c}/speakers", f"{c}/report", f"{c}/print",
            f"{c}/persons/{mine.id}", "/unplaced", "/unplaced?view=unreachable", "/settings/policies", "/places",
            "/calls/statistics", "/statistics", "/statistics/compare", "/statistics/findings",
            "/statistics/burden", "/statistics/gate", "/statistics/gate/new", "/statistics/measures",
            "/statistics/measures/rectified", "/statistics/measures/rectified/define", "/calls/new",
            f"/places/{spot}", "/people", "/people/new", "/people/me", "/people/organisations", f"/people/{person}",
            f"/people/{person}/edit", "/people/posts",
            "/people/reach", "/people/reach/mend", "/people/reach/mend?view=vacant", "/people/filing",
            "/calls/tests", "/people/posts/new", f"/people/posts/{post}",
            f"/people/posts/{post}/edit", f"/people/posts/{post}/close", "/people/rosters",
            f"/people/rosters/{roster.id}",
            "/duties", "/duties?q=没有", "/duties/matters/XF01", "/duties/versions", f"/duties/versions/{duty}",
            f"/duties/versions/{duty}?view=matters", f"/people/rosters/{matters.id}", "/duties/ownerless",
            "/duties/ownerless?view=all", "/duties/stopped",
            "/people/roles", "/ledger", "/ledger/seals", f"/ledger/entries/{Entry.objects.order_by('id').first().id}",
            f"/trail/chain/{running.chain_id}", f"/trail/person/{cast.city.person.pseudonym}", "/settings",
            "/settings/policies/red", "/settings/reminders", "/no/such/page", "/report", "/report/mine",
            f"/report/sent/{own.id}", "/incidents", "/incidents/phoned", "/incidents/events",
            f"/incidents/reports/{heard.id}", f"/incidents/{incident.id}",
            "/sensing/alarms", "/sensing/alarms?view=mine", "/sensing/alarms/rates",
            "/sensing/things", "/sensing/things/new", "/sensing/things/import", "/sensing/health", "/sensing/unclaimed",
            "/sensing/unclaimed/claim?device=WL-9", "/sensing/rejected", "/sensing/purposes",
            f"/sensing/things/{register['thing_id']}", f"/sensing/things/imports/{register['sensing import_id']}",
            f"/sensing/alarms/{raised(cast.places.grid, level=3).id}", *watching.pages(cast),
            "/field/queue", "/field/queue?view=settled", f"/field/records/{sent.id}", "/field/mine", "/field/forms",
            "/field/forms/new", f"/field/forms/{form.id}", f"/field/forms/{form.id}/submissions",
            f"/field/forms/{draft_form.id}/publish", "/field",
            "/hazards/kinds", "/hazards/kinds?q=楼道", "/hazards/kinds/ev-wire", "/hazards/kinds/ev-wire/edit",
            "/hazards/kinds/import", f"/hazards/sheets/{sheet.id}", "/hazards/checklists",
            f"/hazards/checklists/versions/{draft.id}", f"/hazards/checklists/versions/{draft.id}?view=changes",
            f"/hazards/checklists/versions/{draft.id}/print", f"/hazards/checklists/versions/{draft.id}/head",
            f"/hazards/checklists/versions/{draft.id}/items/new",
            "/hazards/major", "/hazards/major?view=closed", f"/hazards/{above.id}", f"/hazards/{above.id}/oversight",
            f"/hazards/supervisions/{order.id}", f"/hazards/follow-ups/{letter.id}", "/referrals",
            "/referrals?view=done", *referral_pages(cast, above),
            *conduct_pages(cast),
        ],
        admin=[
            "/settings", "/settings/alerts/sources", "/settings/alerts/rules", "/settings/policies/red",
            "/settings/templates", "/settings/templates/new",
            "/settings/carriers", "/settings/reach", "/settings/carriers/sms_http",
            "/settings/carriers/wecom",
            "/settings/robots", "/settings/robots?q=没有", f"/settings/robots/{robot.id}",
            f"/settings/robots/{robot.id}/remove",
            "/settings/speakers", "/settings/speakers?view=gone", "/settings/carriers/loudspeaker",
            *feed_pages(cast),
            "/settings/relays", "/settings/relays?q=没有", f"/settings/relays/{phone.id}",
            f"/settings/relays/{phone.id}/renew", "/settings/carriers/sms_relay",
            "/people/roles/grid_worker", "/people/accounts", "/people/calendar",
            f"/people/accounts/{cast.grid.account.id}", f"/people/{person}/account", f"/places/{spot}/edit",
            f"/places/{spot}/add", f"/places/{spot}/close", f"/places/{spot}/recode", "/places/imports",
            "/places/adjustments", "/places/adjustments/new", f"/places/adjustments/{change.id}",
            f"/places/adjustments/{change.id}/add?q=柳荫", f"/places/{spot}/history",
            *(f"/places/adjustments/lines/{line.id}" for line in change.lines.all()[:2]),
            "/places/imports/new", f"/places/imports/{batch.id}", f"/places/imports/{batch.id}/undo", "/places/rejects",
            f"/places/rejects/{batch.rejects.first().id}", "/accounts/password/change/", "/accounts/2fa/",
            "/accounts/sessions/", "/alerts/no-such",
        ],
        community=[
            "/checkins", "/checkins?view=registered", "/checkins?view=withdrawn", "/checkins/new",
            f"/checkins/{came[0]}",
            f"/checkins/{came[7]}", f"/checkins/{came[0]}/edit", "/checkins/import", "/checkins/counts",
            "/checkins/poster/519901001001", "/checkins/tasks", "/checkins/tasks/new", f"/checkins/tasks/{task.id}",
            "/checkins/groups", f"/checkins/groups/{muster.id}",
            "/hazards", "/hazards?view=all", f"/hazards/{hazard.id}", f"/hazards/{hazard.id}/do/accept",
            f"/hazards/{hazard.id}/notice", f"/hazards/{hazard.id}/print", "/hazards/new",
            "/tips/desk", "/tips/desk?view=held", f"/tips/desk/{tip.id}", "/tips/desk/muted", "/tips/desk/rewards",
            f"/tips/desk/poster/{home}",
            "/inspections", "/inspections?view=week", "/inspections/today", "/inspections/tasks", "/inspections/visits",
            "/inspections/hints",
            "/inspections/plans", "/inspections/plans/new", f"/inspections/plans/{seen_to['programme_id']}",
            "/inspections/objects", "/inspections/objects/new", "/inspections/objects/import",
            f"/inspections/objects/imports/{seen_to['hazards import_id']}",
            f"/inspections/objects/{seen_to['object_id']}", f"/inspections/objects/{seen_to['object_id']}/edit",
            f"/inspections/objects/{seen_to['object_id']}/poster", f"/inspections/{seen_to['hazards task_id']}",
            f"/inspections/visits/{seen_to['visit_id']}", "/risks", "/risks/new", f"/risks/{seen_to['risk_id']}",
            "/hazards/publishing", f"/hazards/publishing/{shown.id}",
            "/hazards/publishing/remarks", "/hazards/agenda",
        ],
        visitor=["/j/519901001001", f"/j/me/{people_now.link_token(came[0])}",
                 "/accounts/login/", "/accounts/password/reset/", "/r/", "/kiosk/519901",
                 "/r/519901", "/r/519901/notice",
                 "/a/1111111111111111", f"/check/{seen_to['hazards:outside-check token']}", "/tips",
                 f"/tips?at={home}", f"/tips/{receipt}", "/tips/SSP-2",
                 f"/public/hazards/{home}", f"/public/hazards/{home}?paper=a4"],
    )  # fmt: skip


def read(page, addresses, look):
    """Return what is wrong with any of the pages at either width: address, width, and axe's or the ruler's words."""
    wrong = []
    page.add_init_script(path=look.AXE)
    for address in addresses:
        page.set_viewport_size({"width": WIDTHS[0], "height": 900})
        answer = page.goto(address)
        if answer.status >= 500:
            wrong.append(f"{address}: {answer.status}")
            continue
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            for judge in (look.accessible, look.fits):
                try:
                    judge(page)
                except AssertionError as said:
                    wrong.append(f"{address} at {width}: {str(said)[:700]}")
        if page.locator("h1").count() != 1:
            wrong.append(f"{address}: {page.locator('h1').count()} h1")
    return wrong


@pytest.mark.timeout(300)
@pytest.mark.parametrize("whose", [("visitor", "city"), ("admin", "community")], ids="-".join)
def test_every_page_reads_and_fits(laid, make_page, look, whose):
    laid.visitor.append(laid.link)
    wrong = []
    for who in whose:
        page = make_page()
        if who != "visitor":
            page.goto("/accounts/login/")
            page.fill("#id_login", who)
            page.fill("#id_password", PASSWORD)
            page.click("main button[type=submit]")
            page.wait_for_url("**/inbox")
        wrong += read(page, getattr(laid, who), look)
    assert not wrong, "\n".join(wrong)
