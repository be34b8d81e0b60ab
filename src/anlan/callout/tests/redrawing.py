"""Divisions redrawn in the cast's town while a call runs: what the tests of boundaries share."""

import datetime as dt

import pytest

from anlan.callout.services import tallies
from anlan.callout.tests import calling, mass
from anlan.kernel.authority import machine
from anlan.places import services
from anlan.web.tests.story import crew

BY = machine("test")
DAY = dt.date(2020, 1, 1)


def begin(top, by=BY, day=DAY):
    return services.plan(b"", "", services.Draft(under=top.path, day=day, basis="澜民〔2026〕1 号"), by=by)


def say(plan, place, kind, *into, by=BY, **more):
    line = services.add_line(plan.pk, place.path, by=by)
    refs = [ref if isinstance(ref, str) else f"={ref.path}" for ref in into]
    return services.correct(line.pk, services.Decision(kind=kind, into=refs, **more), by=by)


def fresh(plan, up, level, name, code=""):
    return services.add_fresh(plan.pk, up=up.path, level=level, name=name, code=code, by=BY).into[0]


@pytest.fixture
def running(cast):
    """The town with a second street beside 柳荫街道, a crew in the grid, and a call that runs over the city."""
    crew(cast)
    cast.near = services.add(cast.places.district, name="渡口街道", level="street", code="519901002", by=BY)
    calling.set_up("simulated")
    cast.call = calling.start(cast)
    mass.drain()
    cast.call.refresh_from_db()
    assert cast.call.fanned_at
    return cast


def exact(call):
    """Counters are what a recount says, at every place."""
    assert not tallies.check(call.id)
