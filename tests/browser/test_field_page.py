"""PLT-05: the field page on a phone without a network: cold start, a report in three taps, nothing ever lost."""

import io

import psycopg
import pytest
from PIL import Image

from anlan.fieldwork.services import forms
from anlan.fieldwork.tests.workbooks import CHOICES, SETTINGS, VISIT, book
from anlan.hazards import services
from anlan.hazards.terms import Found, Owner
from anlan.people.models import Rota

pytestmark = [pytest.mark.browser, pytest.mark.slow]

FULL = """void (IDBObjectStore.prototype.put = (put => function (row) {
    if (this.name === "photos") throw new DOMException("no room", "QuotaExceededError");
    return put.call(this, row);
})(IDBObjectStore.prototype.put))"""
AHEAD = """{ const D = Date, off = 3 * 864e5; Date = class extends D {
    constructor(...a) { a.length ? super(...a) : super(D.now() + off) }
    static now() { return D.now() + off }
} }"""
PASSWORD = "a-long-enough-passphrase"
LOST = ("ERR_INTERNET_DISCONNECTED", "ERR_FAILED")  # what the browser says of the network we took away


@pytest.fixture
def laid(live_db, cast):
    """Two accounts that can sign in, and the line of the duty desk."""
    for who in ("grid", "community"):
        member = getattr(cast, who)
        member.account.set_password(PASSWORD)
        member.account.save()
        member.account.authenticator_set.all().delete()
    Rota.objects.create(name="竹苑社区值班室", place_path=cast.places.community.path, phone="028-5550111")
    return {"grid": str(cast.grid.person.id), "path": cast.places.grid.path}


@pytest.fixture
def assigned(laid, cast):
    """A hazard that the grid worker has to rectify, and the community may fill in for them."""
    made = services.report(Found(text="3 栋楼道堆满纸箱"), by=cast.grid.actor)
    services.confirm(made.id, grade="general", limit="d7", opinion="属实", by=cast.community.actor)
    services.assign(made.id, Owner(name="李小满", person=cast.grid.person.id), by=cast.community.actor)
    return made.id


@pytest.fixture
def phone(laid, make_page):
    """A page of 390 px that may know where it is; what it says of a missing network is not a complaint."""
    page = make_page(width=390, height=844)
    page.context.grant_permissions(["geolocation"])
    page.context.set_geolocation({"longitude": 104.002, "latitude": 30.602, "accuracy": 12})
    yield page
    make_page.complaints[:] = [c for c in make_page.complaints if not any(word in c for word in LOST)]


def sign_in(page, who="grid"):
    page.goto("/accounts/login/?next=/field")
    page.fill("#id_login", who)
    page.fill("#id_password", PASSWORD)
    page.click("main button[type=submit]")
    page.wait_for_url("**/field")
    page.wait_for_selector("html[data-kept='1']")
    page.get_by_role("link", name="报险情、隐患").wait_for()
    return page


def records(dsn):
    with psycopg.connect(dsn) as store:
        return store.execute(
            "SELECT kind, body, offline, at, said_at, ahead FROM fieldwork_record ORDER BY seq"
        ).fetchall()


def eventually(page, what, seconds=10):
    for _ in range(seconds * 10):
        if found := what():
            return found
        page.wait_for_timeout(100)
    raise AssertionError("it never came")


def report(page, tile="楼道堵了"):
    """Three taps, from the first screen."""
    page.get_by_role("link", name="报险情、隐患").click()
    page.get_by_role("button", name=tile).click()
    page.get_by_role("button", name="报上去").click()
    page.get_by_role("heading", name="记下了").wait_for()


def test_a_cold_start_without_a_network_and_a_report_in_three_taps(phone, look, dsn):
    page = sign_in(phone)
    page.context.set_offline(True)
    page.close()
    page = phone = phone.context.new_page()  # the tab was killed, and there is no network: the page is the phone's own
    page.goto("/field")
    page.get_by_text("没网。").wait_for()
    assert page.get_by_role("link", name="竹苑社区值班室").get_attribute("href") == "tel:028-5550111"
    look.accessible(page)
    look.fits(page)
    look.shoot(page, "field-home-390")
    report(page)
    look.accessible(page)
    look.shoot(page, "field-done-390")
    assert page.get_by_text("还能撤").count()
    assert not records(dsn)
    page.get_by_role("link", name="回到今天").click()
    page.get_by_text("1 条存好了，有网自动发。").wait_for()
    page.goto("/field#/outbox")
    look.shoot(page, "field-outbox-390")
    later(page)
    page.context.set_offline(False)
    kind, body, offline, *_times = eventually(page, lambda: records(dsn))[0]
    assert (kind, body["text"], body["kind"], offline) == ("hazards.report", "楼道堵了", "corridor-clutter", True)
    assert round(body["lon"], 3) == 104.002


def picture(edge=1600):
    """A photo that does not shrink to nothing: noise."""
    made = io.BytesIO()
    Image.effect_noise((edge, edge), 90).save(made, "JPEG")
    return {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": made.getvalue()}


def later(page):
    """Let the time to take a report back go by."""
    page.evaluate("Date.now = (was => () => was() + 60_000)(Date.now.bind(Date))")


def test_a_killed_tab_a_wrong_clock_and_a_cut_upload_lose_nothing(phone, look, dsn):
    page = phone
    page.add_init_script(AHEAD)
    sign_in(page)
    page.get_by_text("手机的钟快了 3 天").wait_for()
    page.context.set_offline(True)
    page.get_by_role("link", name="报险情、隐患").click()
    page.get_by_role("button", name="别的").click()
    page.get_by_label("看到什么，写一句").fill("路灯杆歪了，快倒")
    page.goto("about:blank")  # the tab is gone, halfway through
    page.goto("/field#/report")
    page.get_by_text("上次写到一半的还在。").wait_for()
    page.get_by_role("link", name="接着报").click()
    assert page.get_by_label("看到什么，写一句").input_value() == "路灯杆歪了，快倒"
    look.accessible(page)
    look.shoot(page, "field-where-390")
    page.get_by_role("button", name="报上去").click()
    page.get_by_role("heading", name="记下了").wait_for()
    page.set_input_files("input[type=file]", picture())
    page.locator(".shots img").wait_for()
    look.shoot(page, "field-photo-390")
    sent = []
    page.on("request", lambda r: sent.append(r.headers.get("content-range")) if "/field/uploads/" in r.url else None)
    page.context.route("**/field/uploads/*", lambda route: route.abort() if len(sent) == 2 else route.continue_())
    later(page)
    page.context.set_offline(False)
    eventually(page, lambda: records(dsn))
    page.goto("/field#/outbox")

    def whole():
        page.evaluate("dispatchEvent(new Event('online'))")
        with psycopg.connect(dsn) as store:
            return store.execute("SELECT size FROM fieldwork_upload WHERE state <> 'awaited'").fetchall()

    assert 60_000 < eventually(page, whole, 20)[0][0] < 300_000
    starts = [r.split()[1].split("-")[0] for r in sent if r]
    assert starts.count("0") == 1, "what had arrived was not sent again"
    kind, body, _offline, at, said_at, ahead = records(dsn)[0]
    assert (kind, body["text"]) == ("hazards.report", "路灯杆歪了，快倒")
    assert abs(ahead - 3 * 86400) < 300
    assert 3 * 86400 - 300 < (said_at - at).total_seconds() < 3 * 86400 + 300


def test_a_full_phone_keeps_the_words_and_says_so(phone, dsn):
    page = sign_in(phone)
    page.context.set_offline(True)
    report(page)
    page.evaluate(FULL)  # Chromium ignores Storage.overrideQuotaForOrigin in a context of its own
    page.set_input_files("input[type=file]", picture())
    page.get_by_text("这张照片存不下").wait_for()
    page.get_by_role("button", name="写一句话").click()
    page.get_by_label("再说一句").fill("三楼到五楼都堵了")
    page.get_by_role("button", name="补上").click()
    page.get_by_text("三楼到五楼都堵了").wait_for()
    later(page)
    page.context.set_offline(False)
    assert "三楼到五楼都堵了" in eventually(page, lambda: records(dsn))[0][1]["text"]


def test_signed_out_meanwhile_and_another_on_the_same_phone(phone, look, dsn):
    page = sign_in(phone)
    page.context.set_offline(True)
    report(page)
    page.context.clear_cookies()  # the session ended at the server
    later(page)
    page.context.set_offline(False)
    page.get_by_text("1 条都存着，登录了就发。").wait_for()
    look.shoot(page, "field-signin-390")
    assert not records(dsn)
    sign_in(page, "community")
    page.get_by_text("别的账号写的 1 条").wait_for()
    page.goto("/field#/outbox")
    page.get_by_text("没有存着没发的").wait_for()
    assert not page.get_by_text("楼道堵了").count()
    assert not records(dsn)
    page.goto("/field#/settings")
    look.accessible(page)
    look.fits(page)
    look.shoot(page, "field-settings-390")
    page.context.set_offline(True)
    page.get_by_role("button", name="退出登录").click()
    page.get_by_role("button", name="真的退出").click()
    page.get_by_text("先登录一次").wait_for()
    page.context.set_offline(False)
    page.wait_for_function("fetch('/field/pack', {headers: {Accept: 'application/json'}}).then(r => r.status === 401)")
    later(sign_in(page))
    page.evaluate("dispatchEvent(new Event('online'))")
    assert eventually(page, lambda: records(dsn))[0][0] == "hazards.report"


def test_two_people_on_one_hazard_are_shown_both_versions(assigned, phone, make_page, look, dsn):
    one, other = sign_in(phone), sign_in(make_page(width=390, height=844), "community")
    for page, words in ((one, "我清干净了"), (other, "物业清走了")):
        page.goto(f"/field#/hazard/{assigned}")
        page.get_by_role("link", name="整改完了，报验收").wait_for()
        page.context.set_offline(True)
        page.get_by_role("link", name="整改完了，报验收").click()
        page.get_by_label("怎么改的，写一句").fill(words)
        look.accessible(page)
        page.get_by_role("button", name="报验收").click()
        page.get_by_text("存着，等网").wait_for()
    other.context.set_offline(False)
    eventually(other, lambda: records(dsn))
    one.context.set_offline(False)
    one.get_by_text("1 条没收进去。").wait_for()
    one.goto("/field#/outbox")
    one.get_by_text("物业清走了").wait_for()
    assert one.get_by_text("我清干净了").count()
    look.accessible(one)
    look.fits(one)
    look.shoot(one, "field-conflict-390")
    one.get_by_role("button", name="加成一条备注").click()
    assert eventually(one, lambda: [r for r in records(dsn) if r[0] == "hazards.note"])[0][1]["words"] == "我清干净了"


@pytest.fixture
def form(laid, cast):
    """A form with a question of every type, published."""
    made = forms.import_form(book(VISIT, CHOICES, SETTINGS), place=cast.places.city.path, by=cast.city.actor)
    forms.publish(made.id, reason="汛前要用", by=cast.city.actor)
    return str(made.id)


def fill_in(page):
    """Fill in everything but what is wrong on purpose: no name, an age that cannot be."""
    page.get_by_label("年龄").fill("150")
    page.get_by_role("radio", name="否").click()
    page.get_by_role("checkbox", name="说话").wait_for(state="hidden")  # nothing is asked of who lives with others
    page.get_by_role("radio", name="是").click()
    for need in ("吃饭", "看病"):
        page.get_by_role("checkbox", name=need).click()
    page.get_by_label("哪天").fill("2026-11-01")
    page.get_by_label("房租").fill("300")
    page.get_by_role("button", name="记下现在的位置").click()
    page.get_by_text("记了这个位置：30.60200").wait_for()
    page.set_input_files("input[data-pick=photo]", picture(400))
    page.locator(".shots img").wait_for()
    page.get_by_label("门牌码").fill("LJ-0817")
    for n, kin in enumerate(("儿子", "女儿", "外人")):
        page.get_by_role("button", name="加一个").click()
        page.get_by_label("称呼").nth(n).fill(kin)
    page.get_by_role("button", name="去掉最后一个").click()


def test_a_form_of_every_question_is_filled_in_without_a_network(form, phone, look, dsn):
    """EVL-03: skips, repeats, a constraint in words, position, photo, code; taken back; at the server once."""
    page = sign_in(phone)
    page.get_by_role("link", name="填表").click()
    page.context.set_offline(True)
    page.get_by_role("link", name="独居老人走访").click()
    fill_in(page)
    page.get_by_role("button", name="交上去").click()
    page.get_by_text("年龄写 0 到 129").wait_for()
    page.get_by_text("这一项要填").wait_for()
    look.accessible(page)
    look.fits(page)
    look.shoot(page, "field-form-390")
    page.emulate_media(color_scheme="dark")
    look.accessible(page)
    look.shoot(page, "field-form-dark-390")
    page.get_by_label("姓名").fill("陈婆婆")
    page.get_by_label("年龄").fill("81")
    page.get_by_role("button", name="交上去").click()
    page.get_by_role("heading", name="记下了").wait_for()
    page.goto("/field#/outbox")
    look.shoot(page, "field-outbox-dark-390")
    page.get_by_role("button", name="撤回来改").click()
    page.locator(".shots img").wait_for()
    assert page.get_by_label("姓名").input_value() == "陈婆婆"
    assert not page.get_by_text("外人").count()
    page.goto("/field#/outbox")
    page.get_by_role("link", name="独居老人走访").click()
    page.get_by_role("button", name="交上去").click()
    page.get_by_role("heading", name="记下了").wait_for()
    page.context.set_offline(False)

    def came():
        with psycopg.connect(dsn) as store:
            rows = store.execute("SELECT answers, offline FROM fieldwork_submission").fetchall()
            photos = store.execute("SELECT id::text FROM fieldwork_upload WHERE state <> 'awaited'").fetchall()
        return (rows, photos) if rows and photos else None

    ((answers, offline),), ((photo,),) = eventually(page, came, 20)
    assert offline
    assert (answers["who"], answers["age"], answers["needs"], answers["year"]) == (
        "陈婆婆",
        81,
        ["food", "doctor"],
        3600,
    )
    assert (answers["code"], answers["day"], answers["photo"]) == ("LJ-0817", "2026-11-01", photo)
    assert [one["kin"] for one in answers["people"]] == ["儿子", "女儿"]
    assert (answers["how_many"], round(answers["where"]["lat"], 3)) == (2, 30.602)


HEARS = """window.SpeechRecognition = class {
    start() { setTimeout(() => {
        if (window.deaf) this.onerror({ error: "not-allowed" });
        else this.onresult({ resultIndex: 0, results: [[{ transcript: "配电箱门开着" }]] });
        this.onend() }, 50) }
    stop() {}
}"""
ENGLISH = {"settings": "Settings", "outbox": "Kept here", "tasks": "To inspect", "report": "What do you see?",
           "handbook": "Handbook", "map": "My grid"}  # fmt: skip
SMALL = "navigator.storage.estimate = async () => ({ usage: 9e7, quota: 1e8 })"


@pytest.fixture
def neighbour(laid, cast):
    """What somebody else reported here, which no pack of the grid worker's phone holds."""
    found = Found(text="配电箱门开着，娃娃够得到", place=cast.places.community.path, lon=104.0021, lat=30.6021)
    return services.report(found, by=cast.community.actor).id


def test_by_voice_in_english_with_little_room_and_a_neighbour_who_was_first(neighbour, phone, look, dsn):
    """HZD-05: who reports is told what others reported, by the server with a network, by the phone's list without."""
    page = phone
    page.add_init_script(HEARS)
    sign_in(page)
    page.get_by_role("link", name="报险情、隐患").click()
    page.get_by_role("button", name="别的").click()
    page.evaluate("window.deaf = true")
    page.get_by_role("button", name="说一句话").click()
    page.get_by_text("浏览器不许用话筒").wait_for()
    page.evaluate("window.deaf = false")
    page.get_by_role("button", name="说一句话").click()
    page.get_by_text("附近已经有人报过").wait_for()
    page.get_by_text("娃娃够得到").wait_for()
    assert page.get_by_label("看到什么，写一句").input_value() == "配电箱门开着"
    look.accessible(page)
    look.shoot(page, "field-near-390")
    page.context.set_offline(True)
    page.get_by_text("只在手机里存的里面找过").wait_for()
    page.get_by_role("button", name="报上去").click()
    page.evaluate(SMALL)
    page.set_input_files("input[type=file]", picture())
    page.get_by_text("手机只剩 10 MB 了").wait_for()
    page.set_input_files("input[type=file]", picture())
    page.locator(".shots li + li").wait_for()
    page.get_by_role("button", name="撤回").click()
    page.locator(".shots li + li").wait_for()
    assert page.get_by_label("看到什么，写一句").input_value() == "配电箱门开着"
    page.get_by_role("button", name="报上去").click()
    page.get_by_role("heading", name="记下了").wait_for()
    page.goto("/field#/settings")
    page.get_by_role("button", name="English").click()
    for screen, title in ENGLISH.items():
        page.goto(f"/field#/{screen}")
        page.get_by_role("heading", name=title, exact=True).wait_for()
        look.fits(page)
        look.shoot(page, f"field-en-{screen}-390")
    look.accessible(page)
    later(page)
    page.context.set_offline(False)
    kind, body, *_rest = eventually(page, lambda: records(dsn))[0]
    assert (kind, body["text"]) == ("hazards.report", "配电箱门开着")

    def whole():
        with psycopg.connect(dsn) as store:
            rows = store.execute("SELECT size FROM fieldwork_upload WHERE state <> 'awaited' ORDER BY size").fetchall()
        return [size for (size,) in rows] if len(rows) == 2 else []

    small, wide = eventually(page, whole, 20)
    assert small < wide * 0.6  # the one that was taken after the warning
