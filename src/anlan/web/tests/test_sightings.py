"""WRN-06: the storm of the demonstration brings reports from below: two see the same, one is mistaken."""

import pytest

from anlan.incidents.models import Incident, Report
from anlan.web.city import sightings

pytestmark = pytest.mark.django_db


def test_the_workers_see_and_the_desk_looks(cast, monkeypatch):
    monkeypatch.setattr(sightings, "close_old_connections", lambda: None)
    sightings.watch(0, sightings.desk())
    states = {r.text: r.state for r in Report.objects.all()}
    assert len(states) == len(sightings.SIGHTINGS)
    for one in sightings.SIGHTINGS:
        wanted = {"so": {"verified"}, "same": {"verified"}, "not": {"not_so"}, "": {"received"}}[one.end]
        assert states[one.text] in wanted, one
    assert Incident.objects.count() == 3


def test_a_city_without_workers_sees_nothing(db):
    assert sightings.desk() is None
    sightings.watch(0, None)
    assert not Report.objects.exists()
