"""PLT-01, PLT-05: one table of method × role × level × place for every address; permissions.txt says who may.

Both ways: whoever may gets in, whoever may not is refused (403), whoever may not even know is told what an absent
thing is told (404). The table is held against the real addresses: a new one without a line fails.
"""

import datetime as dt
import json
import re
import uuid
import zlib
from pathlib import Path

import pytest
from django.db import transaction
from django.urls import URLPattern, get_resolver

from anlan.alerts.models import Alert, Source
from anlan.alerts.services import linkage, notices, take
from anlan.analytics.models import Finding, FormEntry
from anlan.callout import tokens
from anlan.callout.models import Call, Filing, PushDevice, Relay, Robot, Template, Unmatched
from anlan.callout.services import checks, gateways, instructions, probes
from anlan.callout.tests import calling, directing
from anlan.fieldwork.models import Record as Sent
from anlan.fieldwork.services import forms as form_services
from anlan.fieldwork.services import uploads
from anlan.fieldwork.tests.workbooks import CHOICES, SETTINGS, VISIT, book
from anlan.hazards.services import tips
from anlan.hazards.terms import Said as Tipped
from anlan.hazards.terms import Sender
from anlan.hazards.tests import inspecting, keeping, overseeing
from anlan.hazards.tests.finding import assigned
from anlan.incidents import services as incidents
from anlan.incidents.terms import Said
from anlan.incidents.tests.saying import picture
from anlan.kernel import clock
from anlan.kernel.authority import machine
from anlan.ledger import services as ledger
from anlan.ledger.models import Entry, Stuck
from anlan.people import queries
from anlan.people import services as people
from anlan.people.terms import Targeting
from anlan.people.tests.watch import coming, street_watch
from anlan.people.tests.watch import running as on_watch
from anlan.places import services as places
from anlan.sensing.models import AlarmPhoto, Feed
from anlan.sensing.tests import registering
from anlan.sensing.tests.alarming import raised
from anlan.web.api import api
from anlan.web.tests.story import RED, Weather

pytestmark = [pytest.mark.story, pytest.mark.slow]

PARTS = 4  # so that workers share them; each lays down one of everything
TABLE = Path(__file__).with_name("permissions.txt")
WHO = ("visitor", "city", "approver", "admin", "district", "street", "community", "grid", "elsewhere", "nobody")
BY = machine("test")
ROSTER = "社区,网格,姓名,岗位,联系电话\n竹苑社区,第三网格,李明,网格员,13800001111\n竹苑社区,第九网格,赵六,网格员,1\n"
PLACES = "代码,名称\n519901001003,江口社区\n519955001,无上级街道\n"
FORMS = {
    "alerts:send": {"act": "approve"},
    "alerts:handle": {"note": "看过了"},
    "alerts:dismiss": {"reason": "看过了"},
    "callout:proxy": {"how": "door"},
    "callout:decide": {"act": "insist"},
    "callout:report-result": {"finish": "done"},
    "callout:print": {"which": "left", "numbers": "masked"},
    "people:reveal": {"field": "phone", "reason": "要找他"},
    "people:checkin-act": {"reason": "打电话核实"},
    "ledger:reveal": {"reason": "查"},
    "ledger:settle": {"act": "dismiss", "reason": "查过了"},
    "incidents:new": {"text": "7 栋楼下积水"},
    "incidents:phoned": {"text": "楼下积水", "where": "竹苑社区", "client": "019b0000-0000-7000-8000-000000000001"},
    "incidents:sent-act": {"act": "withdraw"},
    "incidents:report-act": {"act": "take"},
    "incidents:incident-act": {"act": "close", "opinion": "水退了"},
    "sensing:alarm-act": {"verdict": "real"},
    "sensing:thing-act": {"act": "resume"},
    "sensing:things-import": {"act": "take"},
    "sensing:purpose-end": {"reason": "过了"},
    "sensing:claim": {"device": "没有这台"},
    "hazards:act": {"words": "去看过了"},
    "hazards:new": {"text": "3 栋楼道堆满纸箱", "client": "019b0000-0000-7000-8000-000000000002"},
    "hazards:object-act": {"act": "renew"},
    "hazards:task": {"act": "nothing", "client": "019b0000-0000-7000-8000-000000000003"},
    "hazards:object-check": {"act": "nothing", "client": "019b0000-0000-7000-8000-000000000004"},
    "hazards:task-act": {"act": "excuse", "part": "{part_id}", "reason": "没来"},
    "hazards:visit-act": {"act": "look", "item": "{failed_item}"},
    "hazards:risk-act": {"act": "close", "reason": "填了"},
    "hazards:tip-one": {"act": "decline", "opinion": "没有这个情况"},
    "hazards:tip-informant": {"reason": "要核实一下"},
    "hazards:tips-muted": {"muted": "00000000-0000-0000-0000-000000000007"},
    "hazards:tip-rewards": {"reward": "00000000-0000-0000-0000-000000000007"},
    "hazards:oversight": {"act": "note", "words": "知道了"},
    "hazards:obstacle": {"kind": "money", "words": "没有钱装充电桩"},
    "hazards:referral": {"act": "receive"},
    "hazards:lead": {"act": "confirm", "words": "要查清楚"},
    "hazards:conduct": {"act": "open", "reason": "核实处置经过"},
    "hazards:publish": {"act": "agenda"},
    "hazards:remarks": {"remark": "{remark_id}", "act": "show", "words": "看过了"},
    "hazards:public-say": {"act": "vote"},
    "look": {"theme": "dark"},
    "places:adjustment-accept": {"kind": "renamed"},
    "callout:unplaced-settle": {"outcome": "noted"},
    "people:organisations": {"name": "江岸区水务局", "kind": "department"},
    "people:appoint": {"person": "{person_id}", "seat": "B"},
    "people:appoint@other": {"person": "{person_id}", "seat": "B"},
}
JSON = {
    "POST people/{person_id}/reveal": lambda at: {"field": "phone", "reason": "要找他"},
    "PUT people/{person_id}/addresses/{kind}": lambda at: {"address": "lixiaoman"},
    "PUT posts/{post_id}/holder": lambda at: {"person": str(at["person_id"])},
    "PUT holdings/{holding_id}/away": lambda at: {"until": "2099-01-01T00:00:00+08:00"},
    "POST places": lambda at: {"parent": str(at["place_id"]), "level": "grid", "name": "新网格"},
    "PATCH places/{uuidstr:place_id}": lambda at: {"revision": at["revision"], "population": 7},
    "POST calls": lambda at: {
        "directive": "notice", "title": "看低处", "body": "今晚有雨。", "whom": {"paths": [at["district"]]},
    },
    "POST places/locate": lambda at: {"points": []},
    "POST reports": lambda at: {"text": "7 栋楼下积水"},
    "POST sensor-alarms/{alarm_id}/verdict": lambda at: {"verdict": "real"},
    "POST hazards": lambda at: {"text": "3 栋楼道堆满纸箱"},
    "POST hazards/near": lambda at: {"text": "3 栋楼道堆满纸箱"},
    "POST hazards/acts": lambda at: [],
    "POST hazards/{hazard_id}/acts": lambda at: {"act": "note", "opinion": "去看过了"},
}  # fmt: skip


# The same address for a thing elsewhere: name@where, route
ELSEWHERE = (
    ("places:place@city", "places/<city>"),
    ("places:place@street", "places/<street>"),
    ("places:place@other", "places/<other>"),
    ("places:edit@other", "places/<other>/edit"),
    ("people:person@other", "people/<other_person>"),
    ("people:reveal@other", "people/<other_person>/reveal"),
    ("people:appoint@other", "people/posts/<other_post>/appoint"),
    ("ledger:subject@other", "trail/subject/<other_person>"),
)  # fmt: skip


def _counted(place):
    """Lay what analytics keeps of a place: a finding, and a form at the gate."""
    form = FormEntry.objects.create(
        place_path=place, name="月报", genre="form", basis="文件", frequency="month", filled_by="网格员",
        asked_by=uuid.UUID(int=3), asked_name="谁",
    )  # fmt: skip
    finding = Finding.objects.create(genre="rise", place_path=place)
    return {"analytics:finding identifier": finding.id, "analytics:form identifier": form.id}


def _alarmed(place, upload):
    """Raise an alarm with a photo."""
    alarm = raised(place)
    photo = AlarmPhoto.objects.create(alarm=alarm, upload_id=upload)
    return {
        "alarm_id": alarm.id, "sensing:alarm-photo photo_id": photo.id, "sensing:alarm-act verb": "verify",
        "sensing:alarms-file kind": "csv", "sensing:stream-file kind": "csv", "sensing:rule-act verb": "try",
        "stream_id": alarm.stream_id, "rule_id": alarm.rule_id,
        "sensing feed_id": Feed.objects.create(place_path=place.path, kind="http", name="水务局").id,
        "sensing:feed-new kind": "http", "sensing:feed-act verb": "token",
    }  # fmt: skip


@pytest.fixture
def at(cast):
    """One of everything, in 江岸区 or below: the argument of each address by its name."""
    spots = cast.places
    alert = Alert.objects.get(intake=take(Weather().document(RED)[1], by=BY))
    linkage.respond([alert.id])
    running = calling.start(cast, by=cast.district.actor, paths=(spots.district.path,))
    start = clock.now()
    said = notices.Draft(
        hazard="内涝", level="yellow", starts_at=start, expires_at=start + dt.timedelta(hours=6),
        paths=[spots.district.path], matters="今晚低处会积水。", measures="叫醒低处的人。", issuer="江岸区应急",
        public=True,
    )  # fmt: skip
    notice = notices.draft(said, by=cast.district.actor)
    word = {"event": "u", "type": "reply", "from": cast.grid.phone, "text": "啊？"}
    gateways.take("sms_http", {"events": [word]}, proof=None)
    roster = people.read_roster(ROSTER.encode(), "表.csv", place_path=spots.street.path, by=cast.street.actor)
    batch = places.import_divisions(PLACES.encode(), by=cast.admin.actor, dry_run=False, mode="good", name="表.csv")
    entry = Entry.objects.filter(place_path=spots.district.path).order_by("id").first()
    duty = people.plant_list(spots.district.path, by=BY)
    nobodys = people.note_ownerless("没人管的事", "", by=cast.grid.actor, at=spots.grid.path)
    change = places.plan(b"", "", places.Draft(spots.district.path, start.date()), by=cast.admin.actor)
    changed = places.add_line(change.pk, spots.street.path, by=cast.admin.actor)
    draft = people.CheckinDraft("报到人", "13900000001", times=["emergency"])
    come, _new = people.register(draft, place_path=spots.community.path, by=cast.community.actor)
    people.confirm_checkins([come.id], by=cast.community.actor)
    wanted = people.TaskDraft("楼道清理", "3 号楼", start + dt.timedelta(hours=3), 2)
    board_task = people.post_task(wanted, place_path=spots.community.path, by=cast.community.actor)
    muster = people.form_groups(spots.community.path, by=cast.community.actor, title="暴雨编组")
    stuck = Stuck.objects.create(
        cursor="test.none", entry=entry.id, chain=entry.chain, place_path=spots.district.path, error="x", failures=9,
        set_aside_at=start,
    )  # fmt: skip
    told = ledger.record("callout.started", running, by=BY, private={"reason": "水已经进楼"})
    waiting = Call.objects.get(alert_id=alert.id).id
    broken = take(b"<broken", by=cast.district.actor, place_path=spots.district.path)
    mine = calling.owed(running, cast.grid)
    robot = Robot.objects.create(place_path=spots.community.path, name="群", kind="wecom", url="x")
    phone = Relay.objects.create(place_path=spots.community.path, name="手机", mode="pull", token="x", digest=b"r")
    device = PushDevice.objects.create(
        person_id=cast.community.person.id, name="手机", host="push.test", digest=b"1", sealed="x"
    )
    seen = incidents.report(Said(text="7 栋楼下积水", photos=[picture()]), by=cast.grid.actor)
    found = assigned(cast, uploads=uploads.keep_photos([picture()], by=cast.grid.actor))
    flood = incidents.verify(incidents.report(Said(text="三号楼进水"), by=cast.grid.actor).id, by=cast.community.actor)
    watch = street_watch(cast)
    seat = coming(watch)
    month = queries.month_start(seat.shift.day)
    table = people.read_sheet(watch.rota.id, month, "日期,值班员\n99日,甲\n".encode(), "表.csv", by=BY)
    busy = set(seat.shift.seats.values_list("person_id", flat=True))
    taker = next(p for p in watch.people.values() if p.id not in busy)
    swap = people.ask_change(seat.id, taker=taker.id, by=watch.actor(seat.person.name))
    spots.grid.refresh_from_db()
    task = directing.send(cast, "task")
    drafted = instructions.prepare(directing.draft(cast, "notice"), by=cast.district.actor)
    result = directing.result(task, cast.grid).id
    tested = probes.start(Targeting((spots.grid.path,)), 5, by=cast.street.actor)
    asked = form_services.import_form(book(VISIT, CHOICES, SETTINGS), place=spots.district.path, by=BY)
    sent = Sent.objects.create(
        id=uuid.uuid4(), device=uuid.uuid4(), seq=1, kind="x", pseudonym=cast.grid.person.pseudonym,
        place_path=spots.grid.path,
    )  # fmt: skip
    filing = Filing.objects.create(year=2030, place_path=spots.community.path, due_at=start)
    tip, _code = tips.send(
        Tipped(text="楼道里堆满纸箱", client=uuid.uuid4(), place=spots.community.path, photos=[picture()]), Sender()
    )
    return {
        **inspecting.everything(cast),
        **keeping.everything(cast),
        **overseeing.everything(cast),
        **registering.everything(cast),
        **_alarmed(spots.grid, found.evidence.get().upload_id),
        "tip_id": tip.id, "upload_id": tip.uploads[0], "path": spots.community.path, "receipt": "SSP-2222-2222-2222",
        "sensing:sta path": "Things",
        "record_id": sent.id, "form_id": asked.id,
        "fieldwork:form-source number": 1,
        "fieldwork:form-export kind": "csv",
        "alert_id": alert.id, "call_id": running.id, "round_id": checks.start(spots.grid.path, by=cast.street.actor).id,
        "callout:reach-act verb": "pause", "callout:test call_id": tested.id, "filing_id": filing.id,
        "alerts:send call_id": waiting,
        "callout:edit call_id": drafted.id, "api call_id": drafted.id, "callout:decide call_id": task.id,
        "callout:decide obligation": result, "callout:report-result obligation": result,
        "callout:results call_id": task.id, "callout:results-file call_id": task.id, "callout:looked call_id": task.id,
        "template_id": Template.objects.filter(current=True).first().id,
        "alerts:send-list call_id": waiting, "intake_id": broken.id, "ledger:reveal entry_id": told,
        "notice_id": notice.id,
        "hazard_id": found.id, "evidence_id": found.evidence.get().id, "hazards:act verb": "note",
        "hazards:file kind": "csv",
        "source_id": Source.objects.create(name="区气象", place_path=spots.district.path).id,
        "report_id": seen.id, "incident_id": flood.id, "photo_id": seen.photos.get().id, "incidents:file kind": "csv",
        "obligation": mine.id, "token": tokens.mint(mine.number, mine.id), "identifier": Unmatched.objects.get().id,
        "person_id": cast.grid.person.id, "post_id": cast.grid.post.id, "holding_id": cast.grid.holding.id,
        "account_id": cast.grid.account.id, "session_id": 1, "import_id": roster.id, "number": 3,
        "plan_id": change.pk, "line_id": changed.pk, "places import_id": batch.id,
        "reject_id": batch.rejects.first().id, "entry_id": entry.id,
        "subject_id": running.id, "chain_id": running.chain_id, "pseudonym": cast.grid.person.pseudonym,
        "stuck_id": stuck.id, "where": spots.community.path, "alerts where": "519901", "place_id": spots.community.pk,
        "revision": spots.community.revision, "kind": "csv", "callout:policy code": "red",
        "analytics:measure code": "rectified", "analytics:define code": "rectified", "measure": "rectified",
        **_counted(spots.community.path), "code": "grid_worker",
        "people:matter code": "XF01", "list_id": duty.id, "people:duty-version-act verb": "publish",
        "checkin_id": come.id, "people task_id": board_task.id, "muster_id": muster.id,
        "people:checkin-act verb": "reveal",
        "people:task-act verb": "done", "people:muster-act verb": "confirm", "people:my-act verb": "withdraw",
        "people:poster code": "519901001001", "people:poster-code code": "519901001001",
        "people:join code": "519901001001", "people:my-checkin token": queries.link_token(come.id),
        "people:my-act token": queries.link_token(come.id),
        "people:ownerless-settle identifier": nobodys.id,
        "people:roster-act verb": "drop", "people:account-act verb": "close",
        "city": spots.city.path, "district": spots.district.path, "street": spots.street.path,
        "other": spots.other_street.path,
        "other_person": cast.elsewhere.person.id, "other_post": cast.elsewhere.post.id,
        "device_id": device.id, "api kind": "wecom", "robot_id": robot.id, "relay_id": phone.id,
        "name": "null", "carrier": "sms_http", "uid": "x", "key": "x",
        "uidb36": "x",
        "rota_id": watch.rota.id, "seat_id": seat.id, "change_id": swap.id, "sheet_id": table.id,
        "item_id": people.open_item(watch.rota.id, "水还没退", by=BY).id,
        "note_id": people.give_over(watch.rota.id, "", by=BY, shift_id=on_watch(watch).shift_id).id,
        "duty_call_id": people.note_call(watch.rota.id, people.CallCard("水进屋", phone="13800001111"), by=BY).id,
        "pk": 1, "provider_id": "city", "rest": "x",
        "feed_id": uuid.UUID(int=7), "people:change-act verb": "see", "people:sheet-act verb": "drop",
        "people:rota-act verb": "fill", "people:feed token": "x",
    }  # fmt: skip


def addresses():
    """Yield (name, parameters in order, pattern as text) of every address of ours, but the API's operations."""

    def walk(resolver, space, prefix):
        for one in resolver.url_patterns:
            if isinstance(one, URLPattern):
                yield f"{space}{one.name or ''}", prefix + str(one.pattern), one
            elif str(one.pattern) != "api/v1/":
                inner = f"{one.namespace}:" if one.namespace else space
                yield from walk(one, inner, prefix + str(one.pattern))

    for name, route, one in walk(get_resolver(), "", ""):
        yield name, route, list(re.findall(r"<(?:\w+:)?(\w+)>|\(\?P<(\w+)>", route)), one


def operations():
    """Yield (method, route) of every operation of the API."""
    for _prefix, router in api._routers:
        for route, view in router.path_operations.items():
            for operation in view.operations:
                for method in operation.methods:
                    yield method, route.strip("/")


def known(name, parameter, at):
    space = name.split(":", maxsplit=1)[0]
    for key in (f"{name} {parameter}", f"{space} {parameter}", parameter):
        if key in at:
            return at[key]
    raise KeyError(f"say what {parameter} of {name} is")


def route_of(name, route, at, *, absent=False):
    """Fill an address in; with `absent`, every id in it is nobody's."""

    def fill(found):
        parameter = next(p for p in found.groups() if p)
        value = known(name, parameter, at)
        if absent and isinstance(value, uuid.UUID):
            return str(uuid.UUID(int=7))
        return "00099999" if absent and parameter == "where" else str(value)

    plain = re.sub(r"\(\?P<(\w+)>(?:\(\?:[^)]*\)\{[^}]*\}|[^()]*)\)", fill, route)
    plain = re.sub(r"<(?:\w+:)?(\w+)>", fill, plain)
    return "/" + plain.replace("^", "").replace("$", "").replace("\\", "")


def code(response):
    if response.status_code in {301, 302} and response["Location"].startswith("/accounts/login/?next="):
        return "L"
    return {401: "L", 403: "n", 404: "-", 405: "m"}.get(response.status_code, "y")


class Asker:
    """Asks as each of the cast; whatever it does is undone."""

    def __init__(self, cast):
        self.clients = {who: cast.client(None if who == "visitor" else who) for who in WHO}
        self.cookies = {who: client.cookies.output() for who, client in self.clients.items()}

    def ask(self, who, method, address, *, form=None, body=None):
        client = self.clients[who]
        kept = client.cookies.copy()
        try:
            with transaction.atomic():
                if body is not None:
                    said = client.generic(method, address, json.dumps(body), content_type="application/json")
                else:
                    said = getattr(client, method.lower())(address, form or {})
                said.content if not said.streaming else b"".join(said.streaming_content)
                transaction.set_rollback(True)
        finally:
            client.cookies = kept
        assert said.status_code < 500 or address == "/readyz", (who, method, address)  # no worker runs in a test
        return said


def part_of(key):
    """Return which part of the table a line belongs to: all methods of an address to one."""
    return zlib.crc32(key.split(" ", 1)[1].encode()) % PARTS


def lines(asker, at, part):
    """Ask everything of a part as everybody; yield the lines of the table as they really are: key, letters."""
    for name, route in (*((name, route) for name, route, *_ in addresses()), *ELSEWHERE):
        if part_of(f"GET {name or route or 'home'}") != part:
            continue
        address = route_of(name, route, at)
        for method in ("GET", "POST"):
            form = FORMS.get(name, {}) if method == "POST" else {}
            filled = {field: value.format(**at) for field, value in form.items()}
            key = f"{method} {name or route or 'home'}"
            found = {"city": code(asker.ask("city", method, address, form=filled))}
            if found["city"] != "m":  # a wrong method is wrong for everybody
                rest = (who for who in WHO if who not in found)
                found |= {who: code(asker.ask(who, method, address, form=filled)) for who in rest}
                yield key, "".join(found[who] for who in WHO)
    for method, route in operations():
        if part_of(f"{method} api/{route}") != part:
            continue
        plain = re.sub(r"\{(?:\w+:)?(\w+)\}", r"<\1>", route)
        address = "/api/v1" + route_of("api", plain, at | {"code": "519901001001"})
        make = JSON.get(f"{method} {route}")
        body = make(at) if make else None if method == "GET" else {}
        yield f"{method} api/{route}", "".join(code(asker.ask(who, method, address, body=body)) for who in WHO)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("part", range(PARTS))
def test_who_may_what_on_every_address(cast, at, part):
    wanted = {}
    for line in TABLE.read_text().splitlines():
        if line and not line.startswith("#"):
            *key, codes = line.split()
            wanted[" ".join(key)] = codes
    found = dict(lines(Asker(cast), at, part))
    new = [f"{key:<42} {codes}" for key, codes in found.items() if wanted.get(key) != codes]
    gone = sorted({key for key in wanted if part_of(key) == part} - set(found))
    assert not new, "not as permissions.txt says (visitor, city, approver, …):\n" + "\n".join(new)
    assert not gone, f"no such address any more: {gone}"


def test_hidden_is_told_what_absent_is_told(cast, at):
    """The page or problem that 郑海波 of another district gets for a thing of 江岸区 is that for no thing at all."""
    asker, compared = Asker(cast), 0
    for name, route, parameters, _one in addresses():
        if not parameters:
            continue
        there, nowhere = (route_of(name, route, at, absent=a) for a in (False, True))
        if there == nowhere:
            continue
        said = asker.ask("elsewhere", "GET", there)
        if said.status_code != 404:
            continue
        other = asker.ask("elsewhere", "GET", nowhere)
        assert other.status_code == 404, nowhere
        compared += 1
        assert bare(said, there) == bare(other, nowhere), name
    assert compared > 20


def bare(response, address):
    """A response's text without what may differ: its own address, the CSRF token, the request's number."""
    text = response.content.decode().replace(address, "")
    text = re.sub(r'(name="csrfmiddlewaretoken" value|data-csrf|nonce|content)="[^"]*"', "", text)
    return re.sub(r"[0-9a-f]{16,}|[0-9a-f-]{36}|\d\d:\d\d(:\d\d)?", "", text)
