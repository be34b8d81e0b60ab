"""HZD-01: two requests in one moment make one hazard, one verdict, and never a merge in a ring."""

import uuid

from anlan.hazards import services
from anlan.hazards.models import Hazard, RoundRow
from anlan.hazards.tests.finding import find, rectified
from anlan.kernel.authority import Conflict, Invalid
from anlan.people.tests.together import together


def test_two_at_once(live_db, cast):
    client = uuid.uuid4()
    made = together(*[lambda: find(cast.grid, client=client) for _ in range(4)])
    assert {one.id for one in made} == {Hazard.objects.get().id}
    street, district = cast.street.actor, cast.district.actor
    done = rectified(cast)
    came = together(
        lambda: services.accept(done.id, "通了", by=street), lambda: services.refuse(done.id, "没清完", by=district)
    )
    assert sum(isinstance(one, Conflict) for one in came) == 1, came
    assert RoundRow.objects.filter(judged_by__isnull=False).count() == 1
    one, other = find(cast.grid, "三号楼道堆物"), find(cast.grid, "三号楼道堆物")
    came = together(
        lambda: services.merge(one.id, other.id, by=street), lambda: services.merge(other.id, one.id, by=district)
    )
    assert sum(isinstance(answer, Conflict | Invalid) for answer in came) == 1, came
    assert Hazard.objects.filter(state="merged").count() == 1
    assert len(set(Hazard.objects.values_list("number", flat=True))) == Hazard.objects.count()
