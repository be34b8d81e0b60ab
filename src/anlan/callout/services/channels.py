"""Carriers' settings and state: which may be used now, how fast, and which is bypassed while its gateway fails."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from anlan.callout import carriers
from anlan.callout.carriers import tuning
from anlan.callout.models import Carrier
from anlan.callout.terms import SAFE_CARRIERS, Can, Did
from anlan.kernel import authority
from anlan.kernel.authority import Actor, Invalid
from anlan.kernel.clock import now
from anlan.ledger import services as ledger
from anlan.people import queries as people

FIRST_PAUSE, LONGEST_PAUSE = 5, 120  # seconds for which a failing gateway is bypassed, doubled each time


def safe(carrier: carriers.Carrier) -> bool:
    """Say whether a drill may use the carrier: it says so itself, and it is one of those that are believed."""
    return carrier.safe and carrier.name in SAFE_CARRIERS


def broadcasts(name: str) -> bool:
    """Say whether a carrier speaks to places (services/speakers.py): it reaches no person, so none is handed to it."""
    return bool(getattr(carriers.discover().get(name), "broadcast", False))


def rows() -> dict[str, Carrier]:
    """Return the row of every carrier there is, making the ones that lack."""
    have = {c.name: c for c in Carrier.objects.all()}
    lacking = [Carrier(name=n, place_path="") for n in carriers.discover() if n not in have]
    if lacking:
        Carrier.objects.bulk_create(lacking, ignore_conflicts=True)
        have = {c.name: c for c in Carrier.objects.all()}
    return {n: have[n] for n in carriers.discover()}


def usable(group: Sequence[str], *, drill: bool) -> list[str]:
    """Return which carriers of a group to try, in order: working ones first, failing ones after them.

    A drill goes by the simulated carrier alone. So does a real call where no carrier that reaches anybody is switched
    on at all: that is a demonstration.
    """
    there = rows()
    simulated = [n for n in SAFE_CARRIERS if n in there]
    if drill:
        return simulated[:1]
    if not any(row.enabled for name, row in there.items() if name not in SAFE_CARRIERS and not broadcasts(name)):
        return [n for n in simulated if there[n].enabled][:1]
    on = [n for n in group if n in there and there[n].enabled and not broadcasts(n)]
    moment = now()
    return sorted(on, key=lambda n: (there[n].retry_at or moment) > moment)


def rounds(groups: Sequence[Sequence[str]], *, drill: bool) -> list[list[str]]:
    """Return, for each group that has any, its usable carriers in order; no two begin with the same one.

    A drill, and a demonstration, have one round.
    """
    made: list[list[str]] = []
    for group in groups:
        on = usable(group, drill=drill)
        if on and on[0] not in {m[0] for m in made}:
            made.append(on)
    return made


def limited(name: str) -> bool:
    """Say whether a carrier has a rate limit."""
    return Carrier.objects.filter(name=name, rate__gt=0).exists()


def reserve(name: str, count: int) -> float:
    """Book `count` hand-overs with a carrier's rate limit; returns in how many seconds they may begin.

    Whoever books first goes first, so the order of calling survives a slow gateway.
    """
    if not limited(name):
        return 0.0
    with transaction.atomic():
        row = Carrier.objects.select_for_update().get(name=name)
        moment = now()
        passed = (moment - row.allowance_at).total_seconds() if row.allowance_at else 1.0
        left = min(row.allowance + passed * row.rate, float(row.rate))
        row.allowance, row.allowance_at = left - count, moment
        row.save(update_fields=["allowance", "allowance_at"])
    return max(0.0, -left / row.rate)


def soon(seconds: float) -> dt.datetime:
    """Return the moment so many seconds ahead."""
    return now() + dt.timedelta(seconds=seconds)


def settings_of(name: str) -> Mapping[str, Any]:
    """Return a carrier's settings as they are kept."""
    return Carrier.objects.filter(name=name).values_list("settings", flat=True).first() or {}


def tuned(name: str) -> dict[str, Any]:
    """Return a carrier's settings as it uses them. Raises sealing.Sealed."""
    return tuning.opened(getattr(carriers.discover()[name], "fields", ()), settings_of(name))


@transaction.atomic
def failed(name: str, reason: str) -> None:
    """Bypass a carrier for a while; the ledger is told once per failure, not once per batch."""
    row = Carrier.objects.select_for_update().get_or_create(name=name)[0]
    fresh = row.failing_since is None
    row.failures += 1
    row.failing_since = row.failing_since or now()
    row.retry_at = soon(min(FIRST_PAUSE * 2 ** min(row.failures - 1, 10), LONGEST_PAUSE))
    row.last_error = reason[:500]
    row.save(update_fields=["failures", "failing_since", "retry_at", "last_error"])
    if fresh:
        ledger.record(Did.CARRIER_FAILED, row, by=authority.machine("callout.hand"), name=name, reason=reason[:200])


def worked(name: str) -> None:
    """Note that a carrier took a batch; written only when it had been failing, or once a minute."""
    stale = now() - dt.timedelta(minutes=1)
    row = Carrier.objects.filter(name=name).values_list("failing_since", "last_ok_at").first()
    if row is None or (row[0] is None and row[1] is not None and row[1] > stale):
        return
    Carrier.objects.filter(name=name).update(
        failures=0, failing_since=None, retry_at=None, last_error="", last_ok_at=now()
    )


@transaction.atomic
def change(
    name: str,
    *,
    by: Actor,
    enabled: bool | None = None,
    rate: int | None = None,
    settings: Mapping[str, Any] | None = None,
) -> Carrier:
    """Change what is given of a carrier's settings. Raises Refused, Hidden (no such carrier), Invalid (bad rate)."""
    people.require_roots(by, Can.CARRIERS)
    if name not in rows():
        raise authority.Hidden(name)
    row = Carrier.objects.select_for_update().get(name=name)
    if rate is not None and not 0 <= rate <= 100_000:
        raise Invalid({"rate": _("每秒条数要在 0（不限）到 100000 之间")})
    changed = [f for f, v in (("enabled", enabled), ("rate", rate), ("settings", settings)) if v is not None]
    row.enabled = row.enabled if enabled is None else enabled
    row.rate = row.rate if rate is None else rate
    row.settings = row.settings if settings is None else dict(settings)
    row.save(update_fields=changed)
    ledger.record(Did.CARRIER_CHANGED, row, by=by, name=name, fields=changed, enabled=row.enabled, rate=row.rate)
    return row


def test(name: str, address: str, *, by: Actor) -> carriers.Health:
    """Press a carrier's test button: one test to an address, outside any transaction; the outcome is entered."""
    people.require_roots(by, Can.CARRIERS)
    found = carriers.discover().get(name)
    if found is None:
        raise authority.Hidden(name)
    rows()
    outcome = found.test(settings_of(name), address)
    with transaction.atomic():
        row = Carrier.objects.select_for_update().get(name=name)
        row.tested_at, row.test_result = now(), outcome.words
        row.save(update_fields=["tested_at", "test_result"])
        ledger.record(Did.CARRIER_TESTED, row, by=by, name=name, outcome="ok" if outcome.ok else "failed")
    return outcome
