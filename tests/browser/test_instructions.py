"""WRN-05, WRN-04: an officer writes an instruction, watches the numbers move, sends it; whoever owes it reports."""

import pytest

from anlan.callout.services import copies
from anlan.callout.tests import directing
from anlan.callout.tests.directing import result
from anlan.web.tests import story

pytestmark = [pytest.mark.browser, pytest.mark.slow]
PASSWORD = "a-long-enough-passphrase"


@pytest.fixture
def laid(live_db, cast):
    """A town with a task and a command under way, and three accounts that may sign in."""
    story.crew(cast)
    for who in ("district", "grid", "admin"):
        member = getattr(cast, who)
        member.account.set_password(PASSWORD)
        member.account.save()
        member.account.authenticator_set.all().delete()
    task = directing.send(cast, "task", copies=True, level="orange")
    command = directing.send(cast, "command", title="撤出坡下的人", hazard="滑坡")
    notice = directing.send(cast, "notice", title="明天演练")
    copies.lay(task.id)
    drafted = directing.instructions.prepare(
        directing.draft(cast, "command", level="red", copies=True, roles=(), paths=(cast.places.community.path,)),
        by=cast.district.actor,
    )
    return {
        "task": task.id, "command": command.id, "notice": notice.id, "draft": drafted.id,
        "result": result(task, cast.grid).id,
    }  # fmt: skip


def enter(make_page, who, width):
    page = make_page(width=width)
    page.goto("/accounts/login/")
    page.fill("#id_login", who)
    page.fill("#id_password", PASSWORD)
    page.click("main button[type=submit]")
    page.wait_for_url("**/inbox")
    return page


@pytest.mark.timeout(240)
def test_pages_of_instructions_read_and_fit(laid, make_page, look):
    officer = enter(make_page, "district", 1440)
    addresses = {
        "new": "/calls/new", "edit": f"/calls/{laid['draft']}/edit", "send": f"/alerts/calls/{laid['draft']}",
        "task": f"/calls/{laid['task']}", "command": f"/calls/{laid['command']}", "notice": f"/calls/{laid['notice']}",
        "results": f"/calls/{laid['task']}/results", "decide": f"/calls/{laid['task']}/results/{laid['result']}",
        "persons": f"/calls/{laid['task']}/persons", "copied": f"/calls/{laid['task']}/persons?part=copy",
        "again": f"/calls/{laid['task']}/again", "raise": f"/calls/{laid['command']}/raise", "list": "/calls",
    }  # fmt: skip
    for name, address in addresses.items():
        assert officer.goto(address).status == 200, address
        look.judge(officer, f"instr-{name}")
    worker = enter(make_page, "grid", 1440)
    mine = {"inbox": "/inbox", "told": "/inbox?view=told", "report": f"/inbox/{laid['result']}/result"}
    for name, address in mine.items():
        assert worker.goto(address).status == 200, address
        look.judge(worker, f"instr-{name}")
    admin = enter(make_page, "admin", 1440)
    settings = {
        "templates": "/settings/templates", "template": "/settings/templates/new", "policies": "/settings/policies",
        "policy": "/settings/policies/command",
    }  # fmt: skip
    for name, address in settings.items():
        assert admin.goto(address).status == 200, address
        look.judge(admin, f"instr-{name}")


@pytest.mark.timeout(120)
def test_an_officer_sends_a_task_and_a_grid_worker_reports_it(laid, make_page):
    page = enter(make_page, "district", 1440)
    page.goto("/calls/new")
    page.fill("#id_title", "看低洼院子")
    page.fill("#id_body", "今晚有大雨。")
    page.fill("#id_hazard", "暴雨")
    page.check("#id_paths .tree input[name=paths] >> nth=0")
    page.wait_for_selector("#reach .side__figure")
    assert "网格员" in page.inner_text("#reach")
    page.check("input[name=roles][value=grid_worker]")
    page.wait_for_selector("#reach .reach__words:not(:has(div:nth-child(2)))")
    assert "去" in page.inner_text("#reach .reach__words dd")
    page.click("button[value=go]")
    page.wait_for_url("**/alerts/calls/*")
    assert "看低洼院子" in page.inner_text("main")
    page.click("button[value=start]")
    page.wait_for_url("**/calls/*")
    assert "办结没有" in page.inner_text("main")
    worker = enter(make_page, "grid", 390)
    worker.goto("/inbox?view=result")
    worker.click("text=去办 >> nth=0")
    worker.fill("#id_words", "转移 3 户 7 人")
    worker.click("button[value=done]")
    worker.wait_for_url("**/inbox")
    assert "办好了" in worker.inner_text("main")
