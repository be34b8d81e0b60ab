"""A real Chromium against a real server on loopback.

Playwright keeps an event loop in this thread, where Django forbids its ORM; so each test lays down what it needs first
(name that fixture before `make_page`), and the server is a process.
"""

import asyncio
import contextlib
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


class Chrome:
    """One Chromium for all tests of a worker: to start one for each took a second of every test.

    Playwright leaves its event loop running in this thread, where Django then forbids its ORM and nothing else can run
    a loop of its own; so outside a browser test that loop is out of sight.
    """

    playwright = chromium = loop = None

    @classmethod
    def begin(cls):
        """Return the browser, started if it is not there, or not any more."""
        if cls.playwright:
            asyncio._set_running_loop(cls.loop)
            if cls.chromium.is_connected():
                return cls.chromium
        else:
            sync_api = pytest.importorskip("playwright.sync_api")
            cls.playwright = sync_api.sync_playwright().start()
            cls.loop = asyncio.get_running_loop()
        path = os.environ.get("ANLAN_CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)))
        options = ["--no-sandbox"] if os.geteuid() == 0 else []
        cls.chromium = cls.playwright.chromium.launch(executable_path=path, args=options)
        return cls.chromium

    @staticmethod
    def rest():
        asyncio._set_running_loop(None)

    @classmethod
    def end(cls):
        if cls.playwright:
            asyncio._set_running_loop(cls.loop)
            cls.chromium.close()
            cls.playwright.stop()
            cls.playwright = cls.chromium = cls.loop = None


@pytest.fixture(scope="session")
def _chrome():
    yield Chrome
    Chrome.end()


@pytest.fixture
def browser(served, _chrome):
    """Chromium, at hand after the server and whatever was laid down for it."""
    if not (os.environ.get("ANLAN_CHROMIUM") or any(map(shutil.which, BROWSERS))):
        _absent("Chromium")
    if not (ROOT / "src/anlan/web/static/dist/manifest.json").is_file():
        _absent("the built front end (make frontend)")
    try:
        yield _chrome.begin()
    finally:
        _chrome.rest()


@pytest.fixture
def dsn(live_db):
    """The address of the database, for a change made beside the browser by psycopg."""
    return _dsn(live_db)


def _dsn(name):
    d = connections["default"].settings_dict
    auth = f"{d['USER']}:{d['PASSWORD']}@" if d["USER"] else ""
    if d["HOST"].startswith("/"):
        return f"postgresql://{auth}/{name}?host={d['HOST']}"
    return f"postgresql://{auth}{d['HOST']}{':' + d['PORT'] if d['PORT'] else ''}/{name}"


@pytest.fixture(scope="session")
def _forking(django_db_setup, worker_id):
    """The server that is forked for each test (serving.py), one per worker; a function that has it serve a database."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    here = f"http://127.0.0.1:{port}"
    log = SHOTS.parent / f"server-{worker_id}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    env = os.environ | {
        "DATABASE_URL": _dsn(django_db_setup), "ANLAN_PUBLIC_URL": here, "PYTHONPATH": str(ROOT / "src"),
        "DJANGO_SETTINGS_MODULE": "anlan.web.settings",
    }  # fmt: skip
    command = [sys.executable, str(Path(__file__).with_name("serving.py")), str(port), str(log)]
    with subprocess.Popen(command, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout.readline() == "ready\n", "the server could not be loaded"

        def serve(name):
            server.stdin.write(f"{name}\n")
            server.stdin.flush()
            child = int(server.stdout.readline())
            deadline = time.monotonic() + 30
            while name:
                with contextlib.suppress(urllib.error.URLError, OSError):
                    urllib.request.urlopen(f"{here}/healthz", timeout=1).close()
                    break
                if not Path(f"/proc/{child}").exists() or time.monotonic() > deadline:
                    pytest.fail(f"the server did not start:\n{log.read_text()[-4000:]}")
                time.sleep(0.01)
            return here

        yield serve
        server.stdin.close()


@pytest.fixture
def served(live_db, _forking):
    """The address of uvicorn serving `live_db` in a process of its own, with the test run's keys."""
    connections["default"].close()
    try:
        yield _forking(live_db)
    finally:
        _forking("")
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
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text() + ";0")
    found = page.evaluate(
        """async (only) => (await axe.run(only || document, {
            runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"], resultTypes: ["violations"],
        }))
        .violations.filter(v => ["serious", "critical"].includes(v.impact))
        .map(v => `${v.id}: ${v.help}: `
            + v.nodes.slice(0, 4).map(n => n.target + " " + n.failureSummary).join(" | "))""",
        only,
    )
    assert not found, f"{page.url} at {page.viewport_size['width']}: " + "\n".join(found)


def assert_fits(page) -> None:
    """Fail if the page scrolls sideways."""
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, f"{page.url} is {wide} px too wide at {page.viewport_size['width']}"


def shoot(page, name: str) -> Path:
    """Keep a picture of the whole page in build/shots (ignored by git), to be looked at; nothing is asserted of it.

    A run of many workers keeps none unless ANLAN_SHOTS=1: they are a tenth of what its browser does.
    """
    SHOTS.mkdir(parents=True, exist_ok=True)
    path = SHOTS / f"{name}.png"
    if os.environ.get("ANLAN_SHOTS", "0" if "PYTEST_XDIST_WORKER" in os.environ else "1") == "1":
        page.screenshot(path=path, full_page=True)
    return path


def judge(page, name: str) -> None:
    """Hold a loaded page against all of this on a desk, then, loaded no second time, on a phone in the dark."""
    for width, scheme, mark in ((1440, "light", "1440"), (390, "dark", "390-dark"), (1440, "light", "")):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)
        if mark:
            assert_accessible(page)
            assert_fits(page)
            shoot(page, f"{name}-{mark}")


@pytest.fixture
def look():
    """The helpers as one object: look.accessible(page), .fits(page), .shoot(page, name), .judge(page, name)."""

    class Look:
        AXE = AXE
        accessible = staticmethod(assert_accessible)
        fits = staticmethod(assert_fits)
        shoot = staticmethod(shoot)
        judge = staticmethod(judge)

    return Look
