"""WRN-06: two requests in one moment make one report, and two desks one verdict."""

import uuid

import pytest

from anlan.incidents import services
from anlan.incidents.models import Incident, Report
from anlan.incidents.tests.saying import say
from anlan.kernel.authority import Conflict
from anlan.people.tests.together import together


@pytest.mark.slow
def test_two_at_once(live_db, cast):
    client = uuid.uuid4()
    made = together(*[lambda: say(cast.grid, client=client) for _ in range(4)])
    assert {one.id for one in made} == {Report.objects.get().id}
    report = Report.objects.get().id
    by = (cast.community.actor, cast.street.actor)
    came = together(lambda: services.verify(report, by=by[0]), lambda: services.not_so(report, "没有", by=by[1]))
    assert sum(isinstance(one, Conflict) for one in came) == 1, came
    state = Report.objects.get().state
    assert Incident.objects.count() == (1 if state == "verified" else 0)
    one, other = say(cast.grid, "三号楼进水"), say(cast.grid, "三号楼进水")
    came = together(
        lambda: services.fold(one.id, other.id, by=by[0]), lambda: services.fold(other.id, one.id, by=by[1])
    )
    assert Report.objects.filter(state="folded").count() == 1, came
