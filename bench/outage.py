"""WRN-02, WRN-04: a gateway that fails for ten minutes in the middle of a call to a city loses nobody.

Two telephone gateways on loopback speak the documented protocol. One stops answering (connections hang, the slowest way
to fail) while the call is going out by it; once with another carrier beside it, once alone.
"""

import time
from collections import Counter

from django.conf import settings
from django.db import connection

from anlan.callout import sealing
from anlan.callout.carriers import discover
from anlan.callout.carriers.tuning import Setting
from anlan.callout.models import Call, Carrier, Receipt
from anlan.callout.services import channels, policies, tallies
from anlan.callout.tests import gateway, mass, scene
from bench import callout

RATE = 700  # messages a second that the gateway is allowed: 176,000 take four minutes
BEFORE = 60  # seconds until it fails
FAILS = 600  # seconds for which it does
BYPASS = 15  # seconds within which the next carrier must have begun


def wire_up(name, place, secret, rate):
    """Point a carrier at a gateway on loopback."""
    fields: tuple[Setting, ...] = discover()[name].fields
    kept = {f.name: "bench" for f in fields if f.required} | {"url": place}
    kept["secret"] = sealing.seal(secret, settings.FIELD_KEY)
    Carrier.objects.filter(name=name).update(enabled=True, rate=rate, settings=kept)


def policy(name, group, by):
    """Make a policy whose only round is one group, with nothing that climbs meanwhile."""
    body = dict(policies.current()[0].body) | {
        "send": [group], "ladder": [], "answer_within": 86_400, "second_person": False, "auto_send_after": None,
    }  # fmt: skip
    return policies.change(name, body, by=by, version=0, name=name, level="").code


def until(done, patience):
    """Wait until `done()`; returns the seconds it took. Raises TimeoutError."""
    began = time.monotonic()
    while not done():
        if time.monotonic() - began > patience:
            raise TimeoutError
        time.sleep(0.05)
    return time.monotonic() - began


def everybody(call):
    """Say whether each person of a call has an attempt that a gateway took."""
    counts = tallies.total(call.id)
    return bool(Call.objects.get(id=call.id).fanned_at) and counts["owed"] > 0 and counts["handed"] == counts["owed"]


def hit(report, by, code, first, other, *, seconds, before):
    """Start a call, let `first` hang in its midst for so many seconds, and say what became of everybody."""
    first.taken.clear()
    call, began = callout.press(by, policy=code, level="")
    until(lambda: len(first.taken) > 0, 60)
    time.sleep(before)
    first.slow_for, first.mood = 30.0, "slow"
    failed_at, there = time.monotonic(), len(first.taken)
    if other is not None:
        took = until(lambda: len(other.taken) > 0, 120)
        report.note(
            f"the gateway hangs after {there:,} persons: the next carrier takes its first", f"{took:.1f} s",
            target=f"≤ {BYPASS} s", ok=took <= BYPASS,
        )  # fmt: skip
    time.sleep(max(0.0, seconds - (time.monotonic() - failed_at)))
    during = tallies.total(call.id)["handed"]
    first.mood = "well"
    back = until(lambda: everybody(call), 1800)
    owed = tallies.total(call.id)["owed"]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT obligation_id, array_agg(id) FROM callout_receipt WHERE call_id = %s GROUP BY 1", [call.id]
        )
        reached = Counter(sum(str(key) in g.taken for key in keys for g in (first, other) if g) for _, keys in cursor)
    alone = "with another carrier" if other is not None else "alone"
    report.note(f"{alone}: handed over when the {seconds} s were over", f"{during:,} of {owed:,}")
    report.note(
        f"{alone}: everybody handed over after it came back",
        f"{back:.0f} s ({time.perf_counter() - began:.0f} s in all)",
    )
    report.note(f"{alone}: persons whom no gateway took", f"{reached[0]:,} of {owed:,}", target="0", ok=not reached[0])
    report.note(
        f"{alone}: persons taken by more than one attempt", f"{sum(reached.values()) - reached[0] - reached[1]:,}"
    )
    wrong = tallies.check(call.id)
    report.note(f"{alone}: counters against a recount", f"{len(wrong)} wrong", target="0", ok=not wrong)
    stuck = Receipt.objects.filter(call_id=call.id, state__in=["queued", "handing"]).count()
    report.note(f"{alone}: attempts left hanging", f"{stuck:,}", target="0", ok=not stuck)


def run(report):
    size = 20_000 if report.quick else 176_000
    before, seconds = (10, 30) if report.quick else (BEFORE, FAILS)
    scene.rows = lambda: callout.places((4, 5, 6, 5) if report.quick else callout.CITY)
    mass.load(size)
    by = mass.officer()
    channels.rows()
    Carrier.objects.update(enabled=False)
    with gateway.running() as text, gateway.running() as voice:
        wire_up("sms_http", text.url, text.secret, RATE)
        wire_up("voice_http", voice.url, voice.secret, 0)
        both, single = policy("bench-both", ["sms_http", "voice_http"], by), policy("bench-one", ["sms_http"], by)
        connection.close()
        with callout.running("worker", "--concurrency", "4"):
            until(lambda: callout.one("SELECT count(*) FROM procrastinate_workers"), 60)
            hit(report, by, both, text, voice, seconds=seconds, before=before)
            hit(report, by, single, text, None, seconds=seconds, before=before)
