"""SEN-05: gates and cameras give nothing until a purpose is on record and the installation allows it."""

import dataclasses
import datetime as dt

import pytest

from anlan.kernel.authority import Hidden, Invalid, Refused
from anlan.ledger.models import Entry
from anlan.sensing.models import Observation
from anlan.sensing.queries import directory
from anlan.sensing.queries import purposes as queries
from anlan.sensing.services import purposes
from anlan.sensing.services.observing import take
from anlan.sensing.services.purposes import PurposeDraft
from anlan.sensing.terms import Did
from anlan.sensing.tests import streams


def draft(cast, **values):
    said = {"place": cast.places.community.path, "kind": "gate", "name": "汛期清点楼里还有多少人", "basis": "预案 4.2",
            "assessment": "评估-2026-07", "until": queries.today() + dt.timedelta(days=30)}  # fmt: skip
    return PurposeDraft(**(said | values))


def test_a_purpose_opens_the_gate_and_its_end_shuts_it(cast, settings):
    """SEN-05."""
    settings.SENSING_PEOPLE = True
    gate = streams.stand(cast.places.grid.path, device="gate-1", kind="gate", code="count", key="in")
    row = purposes.grant(draft(cast), by=cast.city.actor)
    assert Entry.objects.get(did=Did.PURPOSE_GRANTED).values["number"] == "评估-2026-07"
    directory.current(look=True)
    take(streams.reading(gate, 41.0, minutes=2))
    purposes.end(row.id, "汛期过了", by=cast.city.actor)
    purposes.end(row.id, "汛期过了", by=cast.city.actor)
    directory.current(look=True)
    take(streams.reading(gate, 42.0, minutes=1))
    assert list(Observation.objects.order_by("at").values_list("value", "mark")) == [(41.0, 0), (None, 3)]
    assert list(queries.purposes(by=cast.city.actor)) == []
    assert [p.ended_why for p in queries.purposes(by=cast.city.actor, state="all")] == ["汛期过了"]


def test_what_is_missing_is_named_and_who_may(cast):
    wrong = {"kind": "smoke", "name": "", "basis": " ", "assessment": "", "until": queries.today()}
    with pytest.raises(Invalid) as said:
        purposes.grant(draft(cast, **wrong), by=cast.city.actor)
    assert set(said.value.errors) == set(wrong)
    with pytest.raises(Invalid):
        purposes.grant(draft(cast, until=queries.today() + dt.timedelta(days=367)), by=cast.city.actor)
    with pytest.raises(Refused):
        purposes.grant(draft(cast), by=cast.community.actor)
    row = purposes.grant(draft(cast), by=cast.district.actor)
    with pytest.raises(Hidden):
        purposes.end(row.id, "x", by=cast.elsewhere.actor)
    with pytest.raises(Invalid):
        purposes.end(row.id, " ", by=cast.district.actor)
    assert dataclasses.asdict(draft(cast))["assessment"] == row.assessment
