"""WRN-02: the reference relay script asks, sends and tells over HTTP, against the real door."""

import os
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest
from django.db import connection

from anlan.callout.carriers.sms_relay.tests.relaying import begin, later, put
from anlan.callout.models import Obligation, RelayText
from anlan.callout.tests import calling
from anlan.web.tests.serving import served

ROOT = Path(__file__).parents[4]

# --- the reference relay, against the real door


@pytest.mark.slow
def test_the_reference_relay_asks_sends_and_tells_over_http(live_db, cast, tmp_path):
    _relay, token = put(cast, rate="60")
    call = begin(cast)
    owed = calling.owed(call, cast.grid)
    Obligation.objects.filter(call_id=call.id).exclude(id=owed.id).update(state="void")
    later()
    with served() as here:
        url = f"{here}/gateway/sms_relay"
        command = [sys.executable, str(ROOT / "deploy/sms_relay.py"), "--url", url, "--once"]
        command += ["--state", str(tmp_path / "state.json")]

        def run(secret=token):
            return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False,
                                  env={**os.environ, "ANLAN_RELAY_TOKEN": secret})  # fmt: skip

        assert "the token is wrong" in run("another-token-of-nobody").stderr
        done = run()
        assert done.returncode == 0, done.stderr
        assert f"{cast.grid.phone}: 【柳荫街道】暴雨黄色预警" in done.stdout
        assert RelayText.objects.get(id=owed.id).state == "sent"
        RelayText.objects.filter(id=owed.id).update(  # the report was lost: the same id is offered again
            state="queued", to=RelayText.objects.model(to="x").to, text=""
        )
        began = time.monotonic()
        asked = httpx.post(f"{url}/pull", json={"wait": 3}, headers={"Authorization": "Bearer nobody-has-this-one"})
        assert asked.status_code == 401
        RelayText.objects.all().delete()
        waited = httpx.post(
            f"{url}/pull", json={"wait": 3}, headers={"Authorization": f"Bearer {token}"}, timeout=20
        )  # fmt: skip
        assert waited.json()["messages"] == []
        assert 1.5 < time.monotonic() - began < 15
    connection.close()


def test_the_script_never_sends_one_id_twice(tmp_path):
    import importlib.util

    spec = importlib.util.spec_from_file_location("sms_relay_script", ROOT / "deploy/sms_relay.py")
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    state, sent = script.State(tmp_path / "s.json"), []
    way = type("Way", (), {"send": lambda _self, to, _text: sent.append(to)})()
    one = {"id": "k1", "to": "137", "text": "x"}
    script.send(way, state, [one], 0, lambda: None)
    script.send(way, script.State(tmp_path / "s.json"), [one], 0, lambda: None)
    assert sent == ["137"]
    kept = script.State(tmp_path / "s.json")
    assert [e["type"] for e in kept.kept["told"]] == ["sent", "sent"]
    kept.begin("k2")  # and a crash before anybody knew
    script.send(way, script.State(tmp_path / "s.json"), [{"id": "k2", "to": "138", "text": "x"}], 0, lambda: None)
    last = script.State(tmp_path / "s.json").kept["told"][-1]
    assert (sent, last["type"], last["reason"]) == (["137"], "failed", "unknown")
