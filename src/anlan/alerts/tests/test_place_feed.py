"""WRN-01, WRN-02: anybody's machine reads the warnings of one place: Atom with CAP 1.2 that holds to the standard."""

import datetime as dt
from urllib.parse import urlsplit

import pytest
from django.utils import timezone
from lxml import etree

from anlan.alerts import cap_read, feeds, sources
from anlan.alerts.models import Alert
from anlan.alerts.services import notices, take
from anlan.alerts.tests.samples import cap, info
from anlan.kernel.authority import machine

BY = machine("test")
CAP11 = "urn:oasis:names:tc:emergency:cap:1.1"
LATER = "2099-01-01T00:00:00+08:00"
RED = cap(info(codes=("519901",), expires=LATER))


@pytest.fixture(scope="session")
def schema(shared_data):
    return etree.XMLSchema(etree.parse(shared_data / "cap" / "schema" / "CAP-v1.2.xsd"))


def entries(client, path):
    answer = client.get(f"/feed/{path}.atom")
    assert answer["Content-Type"].startswith("application/atom+xml")
    found = feeds.read_feed(answer.content, "http://here/")
    assert not found.findings
    return found.entries


def documents(client, path):
    return [client.get(urlsplit(e.link).path) for e in entries(client, path)]


def test_a_place_has_its_own_warnings_and_the_page_names_the_feed(cast, client):
    take(RED, by=BY)
    (entry,) = entries(client, cast.places.community.path)
    assert entry.title == "暴雨红色预警"
    assert entries(client, cast.places.other_street.path) == []
    page = client.get(f"/r/{cast.places.community.path}").content.decode()
    assert f'type="application/atom+xml" title="竹苑社区的预警" href="/feed/{cast.places.community.path}.atom"' in page
    assert client.get("/feed/ZZZZ.atom").status_code == 404


def test_what_came_as_sound_cap_leaves_as_it_came(cast, client, schema):
    take(RED, by=BY)
    (answer,) = documents(client, cast.places.community.path)
    assert answer.content == RED
    assert answer["Content-Type"].startswith("application/cap+xml")
    schema.assertValid(etree.fromstring(answer.content))


def test_an_update_a_cancel_and_another_layout_hold_to_the_standard(cast, client, schema):
    take(cap(info(codes=("519901",), expires=LATER), identifier="first", namespace=CAP11), by=BY)
    refs = "lanjiang@weather.test,first,2026-07-18T02:05:00+08:00"
    take(cap(info(codes=("519901",), expires=LATER), identifier="second", msg_type="Update", references=refs), by=BY)
    end = "lanjiang@weather.test,second,2026-07-18T02:05:00+08:00"
    take(cap(info(codes=("519901",), expires=LATER), identifier="third", msg_type="Cancel", references=end), by=BY)
    Alert.objects.update(layout="12379-list")  # as if none of them had been CAP 1.2: all are written anew
    answers = documents(client, cast.places.community.path)
    assert len(answers) == 3
    kinds = set()
    for answer in answers:
        root = etree.fromstring(answer.content)
        schema.assertValid(root)
        kinds.add(root.findtext("{*}msgType"))
        assert root.findtext("{*}scope") == "Public"
        assert root.findtext("{*}sender") == "lanjiang@weather.test"  # its own, not ours
        (reading,) = cap_read.read(answer.content)
        assert reading.identifier in {"first", "second", "third"}
    assert kinds == {"Alert", "Update", "Cancel"}


@pytest.mark.parametrize("other", [{"status": "Exercise"}, {"scope": "Restricted"}])
def test_drills_and_restricted_ones_leave_by_no_door(cast, client, other):
    take(cap(info(codes=("519901",), expires=LATER), **other), by=BY)
    assert entries(client, cast.places.community.path) == []
    assert client.get(f"/alerts/{Alert.objects.get().id}.cap.xml").status_code == 404


def test_a_public_notice_stands_beside_and_holds_to_the_standard(cast, client, schema):
    start = timezone.now()
    draft = notices.Draft(
        hazard="内涝", level="yellow", starts_at=start, expires_at=start + dt.timedelta(hours=6),
        paths=[cast.places.district.path], matters="今晚低处会积水。", measures="叫醒低处的人。", issuer="江岸区应急",
        public=True, calls=False,
    )  # fmt: skip
    made = notices.draft(draft, by=cast.district.actor)
    made = notices.send_urgent(made.id, "来不及等", by=cast.district.actor, revision=made.revision)
    (entry,) = entries(client, cast.places.community.path)
    assert entry.title == made.title
    (answer,) = documents(client, cast.places.community.path)
    schema.assertValid(etree.fromstring(answer.content))
    notices.withdraw(made.id, "雨停了", by=cast.district.actor)
    (answer,) = documents(client, cast.places.community.path)
    assert etree.fromstring(answer.content).findtext("{*}msgType") == "Cancel"


def test_a_feed_that_did_not_change_is_not_sent_again(cast, client):
    take(RED, by=BY)
    address = f"/feed/{cast.places.community.path}.atom"
    tag = client.get(address)["ETag"]
    assert client.get(address, headers={"If-None-Match": tag}).status_code == 304


def test_our_own_reader_takes_the_feed(cast, client):
    take(RED, by=BY)
    (answer,) = documents(client, cast.places.community.path)
    name, (reading,) = sources.read(answer.content)
    assert (name, reading.level, reading.hazard) == ("cap", "red", "暴雨")
