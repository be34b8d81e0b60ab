"""WRN-01: sources: polled with ETag, once per entry and version; a failure is kept, shown and tried again later."""

import datetime as dt

import httpx
import pytest

from anlan.alerts import ports
from anlan.alerts.models import Alert, Intake, Source
from anlan.alerts.services import feeding
from anlan.alerts.terms import Can
from anlan.alerts.tests.samples import cap, info
from anlan.alerts.tests.town import officer
from anlan.kernel import clock
from anlan.kernel.authority import Invalid, Refused, machine

BY = machine("test")
FEED = "https://weather.test/feed.atom"


class Web:
    """Answers as a web would, and counts who asked for what with which tag."""

    def __init__(self):
        self.pages, self.asked, self.down = {}, [], False

    def __call__(self, url, *, etag="", modified=""):
        self.asked.append((url, etag))
        if self.down or url not in self.pages:
            raise ports.Unreachable("对方回答 503")
        body = self.pages[url]
        tag = str(hash(body))
        return ports.Answer(304, etag=etag) if etag == tag else ports.Answer(200, body, tag, "", url)


@pytest.fixture
def web():
    made = Web()
    undo = ports.answering(made)
    yield made
    undo()


def entry(number, *, host="weather.test", version="2026-07-18T02:05:00Z"):
    return f"""<entry><id>urn:{number}</id><title>t</title><updated>{version}</updated>
<link type="application/cap+xml" href="https://{host}/{number}.cap"/></entry>"""


def atom(*entries):
    return (
        "<feed xmlns='http://www.w3.org/2005/Atom'><id>f</id><title>t</title><updated>2026-07-18T02:05:00Z</updated>"
        + "".join(entries) + "</feed>"
    ).encode()  # fmt: skip


def one(number):
    return cap(info(expires="2099-01-01T00:00:00+08:00"), identifier=f"n{number}")


@pytest.fixture
def source(town, web):
    web.pages = {FEED: atom(entry(1), entry(2))} | {f"https://weather.test/{n}.cap": one(n) for n in range(1, 9)}
    return feeding.add("气象局", url=FEED, by=BY)


def test_each_entry_is_taken_once_and_a_new_one_later(source, web):
    assert feeding.poll(source.id) == 2
    assert sorted(Alert.objects.values_list("identifier", flat=True)) == ["n1", "n2"]
    web.pages[FEED] = atom(entry(1), entry(2), entry(3))
    assert feeding.poll(source.id) == 1
    assert [url for url, _ in web.asked].count("https://weather.test/1.cap") == 1
    source.refresh_from_db()
    assert source.health == "ok"
    assert source.news_at


def test_an_unchanged_feed_is_not_read_again(source, web):
    feeding.poll(source.id)
    source.refresh_from_db()
    before = len(web.asked)
    assert feeding.poll(source.id) == 0
    assert web.asked[before:] == [(FEED, source.etag)]


def test_a_failure_is_kept_told_and_waits_longer_each_time(source, web):
    web.down = True
    waits = []
    for _ in range(3):
        feeding.poll(source.id)
        source.refresh_from_db()
        waits.append(round((source.due_at - source.tried_at).total_seconds()))
    assert (source.health, source.failures, source.error) == ("failing", 3, "对方回答 503")
    assert waits == [60, 120, 240]
    web.down = False
    feeding.poll(source.id)
    source.refresh_from_db()
    assert (source.health, source.failures, source.error) == ("ok", 0, "")


def test_an_entry_that_could_not_be_fetched_is_asked_for_again(source, web):
    missing = web.pages.pop("https://weather.test/2.cap")
    assert feeding.poll(source.id) == 1
    source.refresh_from_db()
    assert source.health == "failing"
    web.pages["https://weather.test/2.cap"] = missing
    assert feeding.poll(source.id) == 1
    assert Alert.objects.count() == 2


def test_an_entry_may_not_lead_to_a_host_that_nobody_named(source, web):
    web.pages = {FEED: atom(entry(1, host="inside.test")), "https://inside.test/1.cap": one(1)}
    assert feeding.poll(source.id) == 0
    assert ("https://inside.test/1.cap", "") not in web.asked
    source.refresh_from_db()
    assert "inside.test" in source.error
    feeding.change(
        source.id, by=BY, name="气象局", url=FEED, adapter="", every_s=60, hosts=("inside.test",), enabled=True
    )
    assert feeding.poll(source.id) == 1


def test_what_is_no_alert_waits_in_the_queue_and_the_rest_comes_in(source, web):
    web.pages["https://weather.test/1.cap"] = b"<html>502</html>"
    assert feeding.poll(source.id) == 2
    assert Intake.objects.get(state="unreadable").rule == "cap.none"
    assert Alert.objects.count() == 1


def test_a_plain_document_and_a_json_list_are_sources_too(town, web):
    web.pages = {
        "https://a.test/now.cap": one(1),
        "https://b.test/list": b'[{"identifier":"51010441600000_20260718020500","sendTime":"2026-07-18 02:05"}]',
    }
    for url in web.pages:
        source = feeding.add(url, url=url, by=BY)
        assert feeding.poll(source.id) == 1
        assert feeding.poll(source.id) == 0


def test_whose_turn_it_is(source, web):
    assert feeding.due() == [source.id]
    feeding.poll(source.id)
    assert feeding.due() == []
    with clock.shifted(dt.timedelta(seconds=61)):
        assert feeding.due() == [source.id]
        feeding.change(source.id, by=BY, name="x", url=FEED, adapter="", every_s=60, hosts=(), enabled=False)
        assert feeding.due() == []


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"name": " "}, "name"),
        ({"url": "ftp://x/y"}, "url"),
        ({"url": "file:///etc/passwd"}, "url"),
        ({"url": "https://user:pass@x/"}, "url"),
        ({"url": "http://[::1"}, "url"),
        ({"every_s": 5}, "every_s"),
        ({"adapter": "fax"}, "adapter"),
    ],
)
def test_a_bad_source_is_refused_by_field(town, values, field):
    with pytest.raises(Invalid) as refused:
        feeding.add(**{"name": "x", "by": BY} | values)
    assert set(refused.value.errors) == {field}
    assert not Source.objects.exists()


def test_a_token_opens_the_door_once_issued_and_a_new_one_voids_it(town, client):
    by = officer(town.city, Can.SETTINGS)
    source = feeding.add("气象局", by=by)
    first = feeding.issue_token(source.id, by=by)
    second = feeding.issue_token(source.id, by=by)
    assert feeding.by_token(first) is None
    assert feeding.by_token(second) == source
    with pytest.raises(Refused):
        feeding.add("x", by=officer(town.city, Can.SEE))

    def post(token, body):
        return client.post(
            "/api/v1/alerts/intake",
            body,
            content_type="application/cap+xml",
            headers={"Authorization": f"Bearer {token}"},
        )

    assert post(first, one(1)).status_code == 401
    taken = post(second, one(1))
    assert (taken.status_code, taken.json()["state"], taken.json()["alerts"]) == (200, "read", 1)
    again = post(second, one(1))
    assert again.json()["id"] == taken.json()["id"]
    bad = post(second, b"<alert")
    assert (bad.status_code, bad.json()["rule"]) == (422, "xml.broken")
    assert Intake.objects.filter(state="unreadable").count() == 1
    assert post(second, b"").status_code == 422


def test_the_network_is_asked_with_limits(monkeypatch):
    """A body too large, a redirect loop and a refusal each become one sentence, never an exception of a library."""
    answers = {
        "/big": lambda: httpx.Response(200, content=b"x" * (ports.MAX_BYTES + 1)),
        "/loop": lambda: httpx.Response(302, headers={"Location": "/loop"}),
        "/no": lambda: httpx.Response(503),
        "/same": lambda: httpx.Response(304),
        "/good": lambda: httpx.Response(200, content=b"<a/>", headers={"ETag": '"1"', "Last-Modified": "then"}),
    }
    transport = httpx.MockTransport(lambda request: answers[request.url.path]())
    real = httpx.Client
    monkeypatch.setattr(ports.httpx, "Client", lambda **kw: real(transport=transport, **kw))
    for path in ("/big", "/loop", "/no"):
        with pytest.raises(ports.Unreachable):
            ports.fetch(f"https://weather.test{path}")
    assert ports.fetch("https://weather.test/same", etag='"1"').status == 304
    good = ports.fetch("https://weather.test/good")
    assert (good.body, good.etag, good.modified) == (b"<a/>", '"1"', "then")
