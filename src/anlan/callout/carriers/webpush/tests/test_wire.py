"""WRN-02: what goes over the line is what the push standards want, and goes to known push services only."""

import uuid

import orjson
import pytest

from anlan.callout.carriers.webpush import hosts, wire
from anlan.callout.tests import push_service

SIGNER = wire.signer("a secret")
LINE = wire.Line(SIGNER, "mailto:anlan@example.gov.cn", loopback=True)


@pytest.fixture
def service():
    with push_service.running(key=wire.public_key(SIGNER)) as running:
        yield running


def push(browser, **values):
    to = browser.subscription
    said = wire.payload({"t": "暴雨红色预警", "b": "马上上楼", **values})
    return wire.Push(uuid.uuid4(), wire.Subscription(to["endpoint"], **to["keys"]), said, "a-topic")


def post(*pushes, line=LINE):
    return [one.what for one in wire.post_many(pushes, line)]


def test_a_browser_reads_what_was_sent_and_the_service_cannot(service):
    browser = service.browser()
    (came,) = wire.post_many([push(browser)], LINE)
    assert came.what == "ok"
    assert came.ref.startswith(service.url)
    assert browser.taken == [{"said": {"t": "暴雨红色预警", "b": "马上上楼"}, "topic": "a-topic", "urgency": "high"}]
    _path, headers, body = service.seen[0]
    assert "暴雨".encode() not in body
    assert headers["TTL"] == "3600"


def test_the_signature_is_the_installations_own(service):
    assert wire.public_key(wire.signer("a secret")) == service.key  # the same after a restart, and after a restore
    other = wire.Line(wire.signer("another secret"), LINE.contact, loopback=True)
    assert post(push(service.browser()), line=other) == ["refused"]


@pytest.mark.parametrize(
    ("mood", "what"),
    [("gone", "gone"), ("busy", "later"), ("error", "down"), ("drop", "down"), ("small", "large"), ("well", "ok")],
)
def test_each_refusal_is_told_apart(service, mood, what):
    browser = service.browser()
    browser.mood = mood
    assert post(push(browser, b="雨" * 900)) == [what]


def test_one_that_fails_holds_up_no_other(service):
    browsers = [service.browser() for _ in range(30)]
    browsers[7].mood = "drop"
    assert post(*map(push, browsers)) == ["ok"] * 7 + ["down"] + ["ok"] * 22


def test_a_service_that_opens_no_line_does_not_hold_up_the_whole_batch(service, monkeypatch):
    asked = []

    def never(client, *_, **__):
        asked.append(client)
        raise wire.httpx.ConnectTimeout("no route")

    monkeypatch.setattr(wire.httpx.Client, "post", never)
    line = wire.Line(SIGNER, LINE.contact, lanes=2, loopback=True)
    assert post(*(push(service.browser()) for _ in range(60)), line=line) == ["down"] * 60
    assert len(asked) <= wire.DEAF + 2


def test_long_words_are_cut_so_that_every_service_takes_them(service):
    browser = service.browser()
    long = push(browser, b="水" * 5000)
    assert len(long.payload) <= wire.MOST
    assert post(long) == ["ok"]
    assert browser.taken[0]["said"]["b"].endswith("水…")
    assert len(service.seen[0][2]) <= 4096
    quoted = wire.payload({"t": "x", "b": '"\\\n' * 4000})
    assert len(quoted) <= wire.MOST
    assert orjson.loads(quoted)["b"].endswith("…")


@pytest.mark.parametrize(
    ("endpoint", "rule"),
    [
        ("http://fcm.googleapis.com/x", "scheme"), ("https://fcm.googleapis.com:8443/x", "scheme"),
        ("https://127.0.0.1/x", "host"), ("https://10.0.0.8/x", "host"), ("https://[::1]/x", "host"),
        ("https://fcm.googleapis.com.evil.test/x", "host"), ("https://push.apple.com.evil.test/x", "host"),
        ("https://evilpush.apple.com/x", "host"), ("https://user@fcm.googleapis.com/x", "address"),
        ("file:///etc/passwd", "address"), ("https://" + "a" * 2000, "address"),
        ("https://fcm.googleapis.com:x/", "address"),
        ("", "address"),
    ],
)  # fmt: skip
def test_only_known_push_services_are_posted_to(endpoint, rule):
    with pytest.raises(hosts.Unfit) as unfit:
        hosts.host_of(endpoint, hosts.KNOWN)
    assert unfit.value.rule == rule


def test_known_ones_are():
    for endpoint in (
        "https://fcm.googleapis.com/fcm/send/abc", "https://web.push.apple.com/abc",
        "https://wns2-par02p.notify.windows.com/w/?token=abc", "https://updates.push.services.mozilla.com/wpush/v2/x",
    ):  # fmt: skip
        assert hosts.host_of(endpoint, hosts.KNOWN)


def test_a_known_name_that_leads_inside_is_not_posted_to(service, monkeypatch):
    monkeypatch.setattr(hosts.socket, "getaddrinfo", lambda *_, **__: [(2, 1, 6, "", ("10.1.2.3", 443))])
    to = service.browser().subscription
    inside = wire.Push(
        uuid.uuid4(), wire.Subscription("https://fcm.googleapis.com/fcm/send/x", **to["keys"]), b"{}", "t"
    )
    (came,) = wire.post_many([inside], wire.Line(SIGNER, LINE.contact))
    assert (came.what, came.reason) == ("refused", "private")
    assert not hosts.public(["8.8.8.8", "192.168.1.1"])
    assert not hosts.public(["fe80::1%eth0"])
    assert hosts.public(["8.8.8.8"])


def test_keys_that_are_none_are_refused():
    good = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
    assert wire.sound(wire.Subscription("x", good, "BTBZMqHH6r4Tts7J_aSIgg"))
    for p256dh, auth in ((good[:-4] + "AAAA", "BTBZMqHH6r4Tts7J_aSIgg"), (good, "BTBZ"), ("!!", "!!"), ("水", "火")):
        assert not wire.sound(wire.Subscription("x", p256dh, auth))
