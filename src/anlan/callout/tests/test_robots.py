"""WRN-02: the group chats of the places that are called are told, once, signed as each service wants."""

import base64
import hashlib
import hmac
from dataclasses import dataclass

import pytest

from anlan.callout import robots as posting
from anlan.callout.models import Call, Robot, RobotPost
from anlan.callout.services import answers, calls, fanout, robots
from anlan.callout.terms import Answer, How
from anlan.callout.tests import calling
from anlan.callout.tests.platforms import Platform, running
from anlan.kernel.authority import Hidden, Invalid, Refused
from anlan.ledger import services as ledger
from anlan.ledger.models import Entry
from anlan.people.models import Role

SECRET = "SEC0123456789"
HOOKS = {
    "wecom": "/cgi-bin/webhook/send?key=k1", "dingtalk": "/robot/send?access_token=t1",
    "feishu": "/open-apis/bot/v2/hook/h1",
}  # fmt: skip


@dataclass
class Groups(Platform):
    """The webhooks of the three services; each checks the signature if it has a secret, as the documents say."""

    secret: str = ""
    refuse: int = 0

    def answer(self, method, path, query, headers, body):
        if self.refuse:
            return 200, {"errcode": self.refuse, "code": self.refuse, "errmsg": "keywords not in content"}
        if path == "/robot/send":
            signed = self._signed(self.secret.encode(), f"{query.get('timestamp')}\n{self.secret}".encode())
            good = query.get("access_token") == "t1" and (not self.secret or query.get("sign") == signed)
            return 200, {"errcode": 0 if good else 310000, "errmsg": "ok" if good else "sign not match"}
        if path.startswith("/open-apis/"):
            signed = self._signed(f"{body.get('timestamp')}\n{self.secret}".encode(), b"")
            good = not self.secret or body.get("sign") == signed
            return 200, {"code": 0 if good else 19021, "msg": "success" if good else "sign match fail"}
        if path == "/cgi-bin/webhook/send":
            good = query == {"key": "k1"}
            return 200, {"errcode": 0 if good else 93000, "errmsg": "ok" if good else "invalid webhook url"}
        return 200, {"ok": True}

    @staticmethod
    def _signed(key, message):
        return base64.b64encode(hmac.digest(key, message, hashlib.sha256)).decode()


@pytest.fixture
def groups():
    with running(Groups()) as platform:
        yield platform


def put(cast, groups, place="community", kind="wecom", by="city", **more):
    path = getattr(cast.places, place).path
    return robots.add(path, f"{place}群", groups.url + HOOKS[kind], by=getattr(cast, by).actor, **more)


def text_of(said):
    _method, _path, _query, body = said
    return str(body)


# --- posting


@pytest.mark.parametrize("kind", list(HOOKS))
@pytest.mark.parametrize("secret", ["", SECRET])
def test_each_service_is_spoken_to_as_it_wants(groups, kind, secret):
    groups.secret = secret
    posting.post(kind, groups.url + HOOKS[kind], secret, "叫应：暴雨", "叫了 8 人\nhttps://a.example/calls/1")
    (said,) = groups.said
    assert "叫应：暴雨" in text_of(said)
    assert "叫了 8 人" in text_of(said)


@pytest.mark.parametrize("kind", ["dingtalk", "feishu"])
def test_a_wrong_signature_is_not_taken_for_sent(groups, kind):
    groups.secret = SECRET
    with pytest.raises(posting.Unposted, match="sign"):
        posting.post(kind, groups.url + HOOKS[kind], "another", "叫应", "x")


@pytest.mark.parametrize("kind", list(HOOKS))
def test_what_is_refused_with_200_is_refused(groups, kind):
    groups.refuse = 310000
    with pytest.raises(posting.Unposted, match="310000 keywords not in content"):
        posting.post(kind, groups.url + HOOKS[kind], "", "叫应", "x")


@pytest.mark.parametrize("mood", ["error", "garbage", "hang_up", "throttle", "list"])
def test_what_does_not_answer_is_not_taken_for_sent(groups, mood):
    groups.mood = mood
    with pytest.raises(posting.Unposted) as no:
        posting.post("wecom", groups.url + HOOKS["wecom"], "", "叫应", "x")
    assert "k1" not in no.value.reason


def test_other_groups_are_told_through_apprise(groups):
    url = groups.url.replace("http://", "json://") + "/any"
    assert posting.kind_of(url) == "other"
    posting.post("other", url, "", "叫应：暴雨", "叫了 8 人")
    assert "叫应：暴雨" in text_of(groups.said[0])
    groups.mood = "error"
    with pytest.raises(posting.Unposted):
        posting.post("other", url, "", "叫应", "x")


@pytest.mark.parametrize("url", ["", "x", "https://example.cn/hook", "syslog://", "nosuch://x", "ftp://a/robot/send"])
def test_an_address_of_nothing_is_told_apart(url):
    assert posting.kind_of(url) == ""


# --- setting up


def test_a_robot_is_added_sealed_and_tried(cast, groups):
    row = put(cast, groups, secret=SECRET, kind="dingtalk")
    assert (row.kind, row.enabled) == ("dingtalk", True)
    assert "access_token" not in row.url
    assert SECRET not in row.secret
    groups.secret = SECRET
    assert robots.test(row.id, by=cast.city.actor) == ""
    assert "试发" in text_of(groups.said[0])
    groups.refuse = 310000
    assert "310000" in robots.test(row.id, by=cast.city.actor)
    assert "310000" in Robot.objects.get().last_error


@pytest.mark.parametrize(
    ("url", "wrong"),
    [("", "贴进来"), ("http://example.cn/robot/send?access_token=x", "https"), ("https://example.cn/x", "认不出")],
)
def test_bad_input_says_what_is_wrong(cast, url, wrong):
    with pytest.raises(Invalid) as no:
        robots.add(cast.places.community.path, "群", url, by=cast.city.actor)
    assert wrong in no.value.errors["url"]


def test_other_places_and_roles_are_refused(cast, groups):
    with pytest.raises(Refused):
        put(cast, groups, by="elsewhere")
    with pytest.raises(Refused):
        put(cast, groups, by="grid")
    row = put(cast, groups)
    with pytest.raises(Hidden):
        robots.test(row.id, by=cast.elsewhere.actor)
    with pytest.raises(Hidden):
        robots.remove(row.id, by=cast.elsewhere.actor)


def test_the_starting_roles_look_after_their_own_groups(cast):
    holders = set(Role.objects.filter(grants__contains=["callout.robots"]).values_list("code", flat=True))
    assert holders == {"city_duty", "district_duty", "street_duty", "system_admin"}


# --- a call


def begun(cast, **more):
    """Start a call and lay everybody in, as the jobs would."""
    call = calling.start(cast, **more)
    fanout.spread(call.id)
    return call


def told(call, what):
    robots.told([call.id], what)


def said(groups):
    return [text_of(one) for one in groups.said]


def test_the_groups_of_the_places_called_are_told_once(cast, groups):
    put(cast, groups)
    put(cast, groups, "district")
    put(cast, groups, "other_district")
    call = begun(cast, paths=[cast.places.street.path])
    told(call, "started")
    told(call, "started")
    assert robots.say_due() == 2
    assert robots.say_due() == 0
    assert len(groups.said) == 2
    assert any("叫了 2 人，还有 2 人没应" in one for one in said(groups))
    assert any("叫了 3 人，还有 3 人没应" in one for one in said(groups))
    assert all(f"/calls/{call.id}" in one and "暴雨黄色预警" in one for one in said(groups))
    assert not RobotPost.objects.filter(robot__place_path=cast.places.other_district.path).exists()
    assert Entry.objects.filter(did="callout.robot-said").count() == 2


def test_the_figure_is_that_of_the_moment_and_silence_is_told_when_time_is_up(cast, groups):
    put(cast, groups)
    call = begun(cast)
    told(call, "started")
    answers.answer(Answer(How.LINK, obligation=calling.owed(call, cast.grid).id))
    robots.say_due()
    assert "叫了 2 人，还有 1 人没应" in said(groups)[0]
    RobotPost.objects.filter(what="silent").update(next_at="2020-01-01T00:00:00Z")
    robots.say_due()
    assert "还有 1 人没应：暴雨黄色预警" in said(groups)[1]


def test_nobody_silent_is_nothing_to_say(cast, groups):
    put(cast, groups)
    call = begun(cast)
    told(call, "started")
    robots.say_due()
    for member in (cast.grid, cast.community):
        answers.answer(Answer(How.LINK, obligation=calling.owed(call, member).id))
    RobotPost.objects.filter(what="silent").update(next_at="2020-01-01T00:00:00Z")
    assert robots.say_due() == 0
    assert RobotPost.objects.get(what="silent").state == "idle"


def test_a_change_is_a_new_call_and_a_cancellation_is_told_where_the_start_was(cast, groups):
    put(cast, groups)
    call = begun(cast)
    told(call, "started")
    calls.cancel(call.id, "发错了", by=cast.city.actor)
    told(call, "cancelled")
    told(call, "cancelled")
    robots.say_due()
    assert [one for one in said(groups) if "取消了" in one]
    assert len(groups.said) == 2


def test_a_drill_a_check_of_numbers_and_a_robot_that_is_off_say_nothing(cast, groups):
    row = put(cast, groups)
    check = begun(cast)
    Call.objects.filter(id=check.id).update(genre="check")
    told(check, "started")
    told(begun(cast, status="exercise"), "started")
    robots.change(row.id, "群", "", "", enabled=False, by=cast.city.actor)
    told(begun(cast), "started")
    assert robots.say_due() == 0
    assert groups.said == []


def test_what_fails_is_tried_again_then_shown(cast, groups):
    row = put(cast, groups)
    told(begun(cast), "started")
    groups.mood = "error"
    for _try in range(robots.TRIES):
        RobotPost.objects.filter(what="started").update(next_at="2020-01-01T00:00:00Z")
        robots.say_due()
    assert RobotPost.objects.get(what="started").state == "failed"
    assert Entry.objects.filter(did="callout.robot-failed").count() == 1
    assert "没说成" in cast.client("city").get(f"/settings/robots/{row.id}").content.decode()


def test_what_a_dead_worker_had_in_hand_is_said_by_the_next(cast, groups):
    put(cast, groups)
    told(begun(cast), "started")
    RobotPost.objects.filter(what="started").update(state="sending", next_at="2020-01-01T00:00:00Z")
    assert robots.say_due() == 1


def test_the_ledger_carries_start_and_end_to_the_groups(live_db, cast, groups):
    put(cast, groups)
    call = begun(cast)
    ledger.drain("callout.robots")
    calls.end(call.id, by=cast.city.actor)
    ledger.drain("callout.robots")
    robots.say_due()
    assert [what for what in ("叫应：", "结束了：") if any(what in one for one in said(groups))] == [
        "叫应：",
        "结束了：",
    ]


# --- pages


def test_the_pages_add_try_change_and_take_out(cast, groups):
    client = cast.client("street")
    assert "还没有群机器人" in client.get("/settings/robots").content.decode()
    form = {"place": cast.places.community.path, "name": "竹苑社区网格群", "url": "https://example.cn", "secret": ""}
    wrong = client.post("/settings/robots", form)
    assert wrong.status_code == 422
    assert "认不出" in wrong.content.decode()
    assert "竹苑社区网格群" in wrong.content.decode()
    added = client.post("/settings/robots", form | {"url": groups.url + HOOKS["wecom"]})
    page = added["Location"]
    assert "key=k1" not in client.get(page).content.decode()
    assert "发出去了" in client.post(f"{page}/test", follow=True).content.decode()
    client.post(page, {"name": "新名字", "url": "", "secret": ""})
    row = Robot.objects.get()
    assert (row.name, row.enabled, row.kind) == ("新名字", False, "wecom")
    assert client.get(f"{page}/remove").status_code == 200
    assert client.post(f"{page}/remove").status_code == 200
    assert Robot.objects.exists()
    client.post(f"{page}/remove", {"confirm": "yes"})
    assert not Robot.objects.exists()


def test_a_long_list_is_paged_searched_and_costs_the_same(cast, groups, django_assert_max_num_queries):
    Robot.objects.bulk_create(
        Robot(place_path=cast.places.community.path, name=f"群{i:03}", kind="wecom", url="x") for i in range(60)
    )
    client = cast.client("street")
    client.get("/settings/robots")
    with django_assert_max_num_queries(30):
        page = client.get("/settings/robots").content.decode()
    assert "群049" in page
    assert "群050" not in page
    assert "群059" in client.get("/settings/robots?q=群059").content.decode()
    assert "没有这个名字的群" in client.get("/settings/robots?q=不存在").content.decode()
