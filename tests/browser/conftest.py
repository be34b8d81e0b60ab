"""A real Chromium against a real server on loopback.

Playwright keeps an event loop in this thread, where Django forbids its ORM; so each test lays down what it needs first
(name that fixture before `make_page`), Playwright starts after and stops before, and the server is a process.
"""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from django.db import connections

ROOT = Path(__file__).parent.parent.parent
SHOTS = ROOT / "build" / "shots"
AXE = ROOT / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def _absent(what: str) -> None:
    """Skip aloud on a machine without it; fail in CI, where a silent skip would be a lie."""
    if os.environ.get("CI"):
        pytest.fail(f"{what} is missing, and CI=true")
    pytest.skip(f"{what} is missing: browser tests do not run here")


@pytest.fixture
def browser(served):
    """Chromium, started after the server and whatever was laid down for it."""
    path = os.environ.get("ANLAN_CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)
    if not path:
        _absent("Chromium")
    if not (ROOT / "src/anlan/web/static/dist/manifest.json").is_file():
        _absent("the built front end (make frontend)")
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"] if os.geteuid() == 0 else [])
        yield chromium
        chromium.close()


@pytest.fixture
def dsn(live_db):
    """The address of the database, for a change made beside the browser by psycopg."""
    d = connections["default"].settings_dict
    auth = f"{d['USER']}:{d['PASSWORD']}@" if d["USER"] else ""
    if d["HOST"].startswith("/"):
        return f"postgresql://{auth}/{live_db}?host={d['HOST']}"
    return f"postgresql://{auth}{d['HOST']}{':' + d['PORT'] if d['PORT'] else ''}/{live_db}"


@pytest.fixture
def served(live_db, dsn):
    """The address of uvicorn serving `live_db` in a process of its own, with the test run's keys."""
    connections["default"].close()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    here = f"http://127.0.0.1:{port}"
    env = os.environ | {
        "DATABASE_URL": dsn,
        "ANLAN_PUBLIC_URL": here,
        "PYTHONPATH": str(ROOT / "src"),
        "DJANGO_SETTINGS_MODULE": "anlan.web.settings",
    }
    log = SHOTS.parent / f"server-{port}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as out:
        server = subprocess.Popen(
            [sys.executable, "-m", "uvicorn", "anlan.web.asgi:app", "--host", "127.0.0.1", "--port", str(port),
             "--log-level", "warning", "--timeout-graceful-shutdown", "1"],
            env=env, stdout=out, stderr=out,
        )  # fmt: skip
    try:
        deadline = time.monotonic() + 30
        while True:
            if server.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"the server did not start:\n{log.read_text()[-4000:]}")
            try:
                urllib.request.urlopen(f"{here}/healthz", timeout=1).close()
                break
            except (urllib.error.URLError, OSError):
                time.sleep(0.1)
        yield here
    finally:
        server.terminate()
        try:
            server.wait(5)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
        connections["default"].close()


@pytest.fixture
def make_page(browser, served):
    """Open pages by make_page(width=1440, dark=False, scripts=True, lang="zh-CN").

    Whatever a page complains of, or asks of another origin, fails the test.
    """
    contexts, complaints = [], []

    def open_page(width=1440, height=900, *, dark=False, scripts=True, lang="zh-CN", reduced=True):
        context = browser.new_context(
            base_url=served, viewport={"width": width, "height": height}, locale=lang, timezone_id="Asia/Shanghai",
            color_scheme="dark" if dark else "light", java_script_enabled=scripts,
            reduced_motion="reduce" if reduced else "no-preference",
        )  # fmt: skip
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("pageerror", lambda e: complaints.append(f"script: {e}"))
        page.on("console", lambda m: complaints.append(f"console: {m.text}") if _our_fault(m) else None)
        page.on("request", lambda r: complaints.append(f"left our origin: {r.url}") if _leaves(r.url, served) else None)
        return page

    open_page.complaints = complaints
    yield open_page
    for context in contexts:
        context.close()
    assert not complaints, complaints


@pytest.fixture
def page(make_page):
    return make_page()


def _our_fault(message) -> bool:
    """An error the page did not choose; a refused answer (4xx) that a test provokes is not one."""
    return message.type == "error" and not re.search(r"status of (401|403|404|409|422|429)", message.text)


def _leaves(url: str, here: str) -> bool:
    ours = (here, here.replace("127.0.0.1", "localhost"), "data:", "blob:", "about:")
    return not url.startswith(ours)


def assert_accessible(page, *, only=None) -> None:
    """Fail on any serious or critical violation of WCAG 2.2 AA that axe finds."""
    if not AXE.is_file():
        _absent("axe-core (npm ci in frontend/)")
    page.evaluate(AXE.read_text() + ";0")
    found = page.evaluate(
        """async (only) => (await axe.run(only || document, {
            runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
        }))
        .violations.filter(v => ["serious", "critical"].includes(v.impact))
        .map(v => `${v.id}: ${v.help}: `
            + v.nodes.slice(0, 4).map(n => n.target + " " + n.failureSummary).join(" | "))""",
        only,
    )
    assert not found, "\n".join(found)


def assert_fits(page) -> None:
    """Fail if the page scrolls sideways."""
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, f"{page.url} is {wide} px too wide"


def shoot(page, name: str) -> Path:
    """Keep a picture of the whole page in build/shots (ignored by git)."""
    SHOTS.mkdir(parents=True, exist_ok=True)
    path = SHOTS / f"{name}.png"
    page.screenshot(path=path, full_page=True)
    return path


@pytest.fixture
def look():
    """The three helpers as one object: look.accessible(page), look.fits(page), look.shoot(page, name)."""

    class Look:
        accessible = staticmethod(assert_accessible)
        fits = staticmethod(assert_fits)
        shoot = staticmethod(shoot)

    return Look
