"""WRN-02, PLT-05: a resident's pages in a real browser: without scripts, in English, on paper one page per warning."""

import json
import re

import pytest

from anlan.alerts.models import Alert
from anlan.alerts.services import take
from anlan.alerts.tests.samples import cap, info
from anlan.callout.tests import calling
from anlan.kernel.authority import machine

pytestmark = [pytest.mark.browser, pytest.mark.slow]
LATER = "2099-01-01T00:00:00+08:00"
WORST = (  # those whose guides are longest
    ("暴雨", "红色", "Extreme"), ("高温", "红色", "Extreme"), ("台风", "橙色", "Severe"), ("雷电", "黄色", "Moderate"),
    ("地质灾害气象风险", "蓝色", "Minor"),
)  # fmt: skip


def warn(hazard, colour, severity, number=0):
    said = f"澜江市气象台和澜江市自然资源和规划局联合发布{hazard}{colour}预警"
    text = info(event=hazard, headline=said, severity=severity, codes=("519901",), expires=LATER)
    take(cap(text, identifier=f"n{number}"), by=machine("test"))


@pytest.fixture
def laid(live_db, cast):
    calling.set_up("webpush", contact="mailto:anlan@example.gov.cn")
    for number, one in enumerate(WORST):
        warn(*one, number)
    assert Alert.objects.count() == len(WORST)
    return cast.places


@pytest.fixture
def calm(live_db, cast):
    return cast.places


@pytest.mark.timeout(240)
def test_the_page_reads_well_to_everybody(laid, make_page, look):
    here = f"/r/{laid.community.path}"
    for width, scripts, lang in ((1440, False, "zh"), (390, False, "zh"), (390, True, "zh"), (390, True, "en")):
        page = make_page(width=width, scripts=scripts)
        page.goto(f"{here}?lang={lang}")
        if scripts:
            look.accessible(page)
            assert page.locator("anlan-push").is_visible()
        else:
            assert page.locator("anlan-push").is_hidden()
        look.fits(page)
        look.shoot(page, f"resident-{lang}-{width}{'' if scripts else '-plain'}")
    small = page.evaluate(
        """() => [...document.querySelectorAll("main a, main button, main input:not([type=hidden]), header a")]
          .filter(e => e.getClientRects().length && !e.closest(".skip, [hidden]") && e.className !== "skip")
          .map(e => [(e.closest("label") || e), e.textContent.trim() || e.name])
          .map(([e, t]) => [t, Math.round(e.getBoundingClientRect().height)]).filter(([, h]) => h < 60)"""
    )
    assert not small, small
    assert page.evaluate("parseFloat(getComputedStyle(document.querySelector('.do span')).fontSize)") >= 18


def test_the_wish_of_a_browser_is_posted_and_taken_back(laid, make_page, served):
    page = make_page(width=390)
    page.context.grant_permissions(["notifications"], origin=served)
    sent = []
    page.route(
        re.compile(r"/r/.*/(ring|unring)$"),
        lambda route: (
            sent.append((route.request.url, json.loads(route.request.post_data))),
            route.fulfill(status=201),
        ),
    )
    page.add_init_script(
        """navigator.serviceWorker.__proto__.register = () => Promise.resolve(fake);
        Object.defineProperty(navigator.serviceWorker, "ready", {get: () => Promise.resolve(fake)});
        navigator.serviceWorker.__proto__.getRegistration = () => Promise.resolve(fake);
        Notification.requestPermission = () => Promise.resolve("granted");
        const held = {endpoint: "https://push.test/1", toJSON: () => ({endpoint: "https://push.test/1", keys: {}})};
        const fake = {pushManager: {getSubscription: () => Promise.resolve(window.on ? held : null),
          subscribe: (o) => { window.on = o; return Promise.resolve(held); }}};"""
    )
    page.goto(f"/r/{laid.community.path}")
    page.locator("input[name=least][value='4']").check()
    page.click("[data-on]")
    page.wait_for_selector("[data-off-button]:visible")
    assert "这台设备都会响" in page.inner_text("[data-said]")
    url, body = sent[0]
    assert url.endswith("/ring")
    assert body == {
        "subscription": {"endpoint": "https://push.test/1", "keys": {}}, "name": "", "least": "4", "lang": "zh-CN",
    }  # fmt: skip
    assert page.evaluate("window.on.userVisibleOnly && window.on.applicationServerKey.length") == 65
    page.click("[data-off-button]")
    page.wait_for_selector("[data-off-button]", state="hidden")
    assert sent[1][1] == {"endpoint": "https://push.test/1"}


def test_calm_days(calm, make_page, look):
    for width in (1440, 390):
        page = make_page(width=width)
        page.goto(f"/r/{calm.community.path}")
        look.accessible(page)
        look.fits(page)
        look.shoot(page, f"resident-calm-{width}")
    page.goto(f"/r/{calm.community.path}/notice")
    look.accessible(page)
    look.shoot(page, "notice-none-390")


@pytest.mark.timeout(240)
@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize(("paper", "size"), [("a4", (595, 842)), ("a3", (842, 1191))])
def test_one_page_per_warning_and_nothing_cut_off(laid, make_page, look, lang, paper, size):
    page = make_page(width=1440)
    page.goto(f"/r/{laid.community.path}/notice?paper={paper}&lang={lang}")
    look.accessible(page)
    over = page.evaluate(
        """() => [...document.querySelectorAll(".sheet, .sheet__do")]
          .filter(e => e.scrollHeight > e.clientHeight + 1).map(e => [e.className, e.scrollHeight, e.clientHeight])"""
    )
    assert not over, over
    assert page.locator(".sheet").count() == len(WORST)
    look.shoot(page, f"notice-{lang}-{paper}")
    pdf = page.pdf(prefer_css_page_size=True, print_background=True)
    (look.shoot(page, "x").parent / f"notice-{lang}-{paper}.pdf").write_bytes(pdf)
    boxes = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", pdf)
    assert len(boxes) == len(WORST), len(boxes)
    assert {tuple(round(float(n)) for n in box) for box in boxes} == {size}


def test_a_phone_shows_the_whole_notice(laid, make_page, look):
    page = make_page(width=390)
    page.goto(f"/r/{laid.community.path}/notice?lang=zh")
    look.fits(page)
    look.shoot(page, "notice-390")
