"""The field page: bytes of the first load, and how long the second takes without a network on a slow phone.

A real Chromium against a real server on loopback, its CPU slowed four times. The baseline is the public sign-in page,
in the same browser at the same speed with the network on: the least that any page of ours costs.
"""

import gzip
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from django.contrib.staticfiles import finders
from django.test import Client
from playwright.sync_api import Page, sync_playwright

from anlan.web import islands, offline
from bench.report import Report

SLOWER = 4  # times: a phone of 2018 beside this machine
KB = 1024
RUNS = 5


def run(report: Report) -> None:
    first = sum(_compressed(address) for address in offline.kept())
    report.note(
        "first load, compressed, without the map", f"{first / KB:.0f} KB", target="≤ 300 KB", ok=first < 300 * KB
    )
    large = sum(_compressed(f"/static/dist/{name}") for name in islands.whole("map"))
    report.note("the large map, loaded on demand", f"{large / KB:.0f} KB")
    with _server() as here, sync_playwright() as playwright:
        found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        try:
            page = browser.new_context(base_url=here, viewport={"width": 390, "height": 844}).new_page()
            page.goto("/field")
            page.wait_for_selector("html[data-kept='1']")
            page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
            other = _seconds(page, "/accounts/login/", "input[name=login]")
            page.context.set_offline(True)
            mine = _seconds(page, "/field", "html[data-ready='1'] h1")
        finally:
            browser.close()
    times, theirs = iter(mine), iter(other)
    report.seconds(
        "second load without a network, 4× slower CPU", _wait(times), target=1.0, repeat=RUNS,
        baseline=("sign-in page with the network", _wait(theirs)),
    )  # fmt: skip


def _wait(times: Iterator[float]) -> Callable[[], object]:
    """Return an act that takes as long as was measured in the browser."""
    return lambda: time.sleep(next(times))


def _compressed(address: str) -> int:
    """Return the bytes of a file as a proxy in front of it would send them."""
    found = finders.find(address.removeprefix("/static/")) if address.startswith("/static/") else None
    raw = Path(str(found)).read_bytes() if found else Client().get(address, headers={"host": "127.0.0.1"}).content
    return min(len(raw), len(gzip.compress(raw, 6)))


def _seconds(page: Page, address: str, until: str) -> list[float]:
    times = []
    for _ in range(RUNS + 1):
        page.goto("about:blank")
        began = time.perf_counter()
        page.goto(address, wait_until="commit")
        page.wait_for_selector(until, state="attached")
        times.append(time.perf_counter() - began)
    return times[1:]


@contextmanager
def _server() -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    here = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "uvicorn", "anlan.web.asgi:app", "--port", str(port), "--log-level", "warning"]
    environ = os.environ | {"ANLAN_PUBLIC_URL": here, "DJANGO_SETTINGS_MODULE": "anlan.web.settings"}
    server = subprocess.Popen(command, env=environ)
    try:
        for _ in range(300):
            try:
                urllib.request.urlopen(f"{here}/healthz", timeout=1).close()
                break
            except (urllib.error.URLError, OSError):
                time.sleep(0.1)
        yield here
    finally:
        server.terminate()
        server.wait(20)
