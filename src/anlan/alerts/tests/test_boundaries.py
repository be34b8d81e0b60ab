"""PLC-01: warnings in force and notices in the making name the new places when divisions change."""

import datetime as dt

import pytest

from anlan.alerts.models import Alert, AlertPlace, Notice
from anlan.alerts.services import notices, take
from anlan.kernel import clock
from anlan.kernel.authority import machine
from anlan.places import queries, services
from anlan.places.terms import Fate
from anlan.web.tests.story import RED, Weather

BY = machine("test")


@pytest.fixture
def merged(cast):
    """A red alert over 江岸区, a notice drafted for its street; then 柳荫街道 and 渡口街道 both become 新港街道."""
    spots = cast.places
    near = services.add(spots.district, name="渡口街道", level="street", code="519901002", by=BY)
    alert = Alert.objects.get(intake=take(Weather().document(RED)[1], by=BY))
    for place in (spots.street, near):
        AlertPlace.objects.create(alert=alert, place_path=place.path, share=1.0)
    start = clock.now()
    said = notices.Draft(
        hazard="内涝", level="yellow", starts_at=start, expires_at=start + dt.timedelta(hours=6),
        paths=[spots.street.path, near.path], matters="今晚低处会积水。", measures="叫醒低处的人。",
        issuer="江岸区应急", public=True,
    )  # fmt: skip
    notice = notices.draft(said, by=cast.district.actor)
    plan = services.plan(b"", "", services.Draft(spots.city.path, dt.date(2020, 1, 1)), by=BY)
    new = services.add_fresh(plan.pk, up=spots.district.path, level="street", name="新港街道", by=BY).into
    for place in (spots.street, near):
        line = services.add_line(plan.pk, place.path, by=BY)
        services.correct(line.pk, services.Decision(Fate.MERGED, new), by=BY)
    services.apply(plan.pk, by=BY)
    return cast, alert, notice, queries.search("新港街道", BY)[0].path


def test_an_alert_in_force_covers_the_new_place_once(merged):
    cast, alert, _notice, new = merged
    covered = list(alert.places.values_list("place_path", flat=True))
    assert covered.count(new) == 1
    assert cast.places.district.path in covered


def test_a_notice_in_the_making_names_the_new_place(merged):
    _cast, _alert, notice, new = merged
    kept = Notice.objects.get(pk=notice.pk)
    assert kept.paths == [new]
    assert list(kept.covers) == [new]
