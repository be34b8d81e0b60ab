"""PLC-02: two officers act on the same post at once: one seat, one holder, nobody lost."""

from concurrent.futures import ThreadPoolExecutor

from django.db import connection

from anlan.people import services
from anlan.people.models import Holding


def test_two_appointments_at_once_leave_one_holder(live_db, cast):
    by, path = cast.street.actor, cast.places.grid.path
    newcomers = [
        services.enrol(services.PersonDraft(name=f"新{i}", phone=f"1390000000{i}"), place_path=path, by=by)
        for i in range(4)
    ]

    def appoint(person):
        try:
            return services.appoint(cast.grid.post.id, person.id, by=by)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(appoint, newcomers))
    held = Holding.objects.filter(post=cast.grid.post, seat="A")
    assert held.filter(until=None).count() == 1
    assert held.count() == 5
    assert {one.id for one in made} | {cast.grid.holding.id} == set(held.values_list("id", flat=True))
