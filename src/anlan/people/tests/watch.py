"""A street's watch, laid and published: four officers, two of them leaders too, one rota that runs now."""

import datetime as dt
from types import SimpleNamespace

import pytest
from django.utils import translation

from anlan.kernel import clock
from anlan.kernel.authority import machine
from anlan.people import queries, services
from anlan.people.models import ShiftSeat

BY = machine("test")
NAMES = (("吴晓燕", ""), ("马立新", "13712348811"), ("丁一鸣", "13712348812"), ("袁方", "13712348813"))
DAY = [["全天", "00:00", "00:00"]]
NEEDS = {"leader": 1, "officer": 1, "standby": 0}


@pytest.fixture
def chinese():
    """Speak Chinese, whatever a test before this one was asked in."""
    with translation.override("zh-hans"):
        yield


def street_watch(cast, *, publish=True, pattern=None, needs=NEEDS, rest=0, name="柳荫街道值班表"):
    """Return `rota`, `people` (by name), `actors` (by name), `month`; the keeper is the street's duty officer."""
    path = cast.places.street.path
    people, accounts = {"吴晓燕": cast.street.person}, {"吴晓燕": cast.street.account}
    for number, (who, phone) in enumerate(NAMES[1:]):
        one = services.enrol(services.PersonDraft(name=who, phone=phone), place_path=path, by=BY)
        post = services.create_post(services.PostDraft("grid_worker", path, f"应急办干事{number}"), by=BY)
        services.appoint(post.id, one.id, by=BY)
        accounts[who] = services.open_account(one.id, f"watch{number}", by=BY)
        people[who] = one
    draft = services.RotaDraft(
        name=name, place_path=path, pattern={"workday": pattern or DAY, "rest": pattern or DAY}, needs=needs,
        phone="0519-8600119", keeper=cast.street.person.id, rest_hours=rest,
    )  # fmt: skip
    rota = services.make_rota(draft, by=BY)
    keys = [people[who].id for who, _phone in NAMES]
    services.set_members(rota.id, {"leader": keys[:2], "chief": keys, "officer": keys[1:], "standby": keys}, by=BY)
    month = queries.month_start()
    laid = services.lay_month(rota.id, month, by=BY)
    if publish:
        laid = services.publish(rota.id, month, by=BY)
    return SimpleNamespace(
        rota=rota, people=people, laid=laid, month=month, keeper=cast.street,
        actor=lambda who: queries.actor_for(accounts[who]), account=accounts.__getitem__,
    )  # fmt: skip


def running(watch, position="officer"):
    """Return the seat of a position that runs now."""
    moment = clock.now()
    return ShiftSeat.objects.select_related("shift", "person").get(
        rota=watch.rota, position=position, number=1, starts_at__lte=moment, ends_at__gt=moment
    )


def coming(watch, position="officer", after=1):
    """Return the `after`-th seat of a position that begins from now on; the month after is laid where it must be."""
    seats = ShiftSeat.objects.select_related("shift", "person").filter(rota=watch.rota, position=position)
    if seats.filter(starts_at__gt=clock.now()).count() <= after + 6:
        following = (watch.month + dt.timedelta(days=32)).replace(day=1)
        services.lay_month(watch.rota.id, following, by=BY)
        services.publish(watch.rota.id, following, by=BY)
    return seats.filter(starts_at__gt=clock.now()).order_by("starts_at")[after - 1]
