"""WRN-06: two reports of one thing are folded, both sources stay, both reporters are told; and unfolded again."""

import datetime as dt

import pytest

from anlan.callout.models import Obligation
from anlan.incidents import queries, services
from anlan.incidents.models import Report
from anlan.incidents.terms import Did, Said
from anlan.incidents.tests.saying import picture, say
from anlan.kernel import clock
from anlan.kernel.authority import Conflict, Hidden, Invalid, Refused
from anlan.ledger.models import Entry, Exercise

pytestmark = pytest.mark.django_db
A, B = "7 栋楼下积水，快到膝盖了", "7栋楼下积水很深，车过不去"


@pytest.fixture
def two(cast):
    return say(cast.grid, A), say(cast.street, B, place=cast.places.grid.path, photos=[picture()])


def told(report):
    return Obligation.objects.filter(subject_id=report.id, did=Did.TOLD).count()


def test_near_and_alike_is_proposed(cast, two):
    assert [one.report.id for one in queries.like(two[0])] == [two[1].id]
    say(cast.community, "电线掉地上了", place=cast.places.grid.path)
    say(cast.community, A, place=cast.places.other_street.path)
    with clock.shifted(dt.timedelta(minutes=61)):
        say(cast.community, A, place=cast.places.grid.path)
    assert [one.report.id for one in queries.like(two[0])] == [two[1].id]


def test_folded_keeps_both_and_ends_together(cast, two):
    one, other = two
    services.fold(other.id, one.id, by=cast.district.actor)
    other.refresh_from_db()
    assert (other.state, other.lead_id, other.text, other.photos.count()) == ("folded", one.id, B, 1)
    assert (told(other), told(one)) == (1, 0)
    assert not Obligation.objects.filter(subject_id=other.id, did=Did.VERIFIED, state="open").exists()
    incident = services.verify(one.id, by=cast.community.actor)
    other.refresh_from_db()
    assert (other.state, other.incident_id, other.chain_id) == ("verified", incident.id, incident.chain_id)
    assert {r.reporter_name for r in queries.sources_of(incident.id)} == {"李小满", "吴晓燕"}
    assert (told(one), told(other)) == (1, 2)
    assert incident.sensed_at == one.arrived_at


def test_folded_ends_as_not_so_too(cast, two):
    services.fold(two[1].id, two[0].id, by=cast.district.actor)
    services.not_so(two[0].id, "去看了，没有", by=cast.community.actor)
    assert {r.state for r in Report.objects.all()} == {"not_so"}
    assert [told(r) for r in two] == [1, 2]


def test_joins_an_incident_that_is_there(cast, two):
    incident = services.verify(two[0].id, by=cast.community.actor)
    joined = services.fold(two[1].id, two[0].id, by=cast.district.actor)
    assert (joined.state, joined.incident_id) == ("verified", incident.id)
    third = say(cast.grid, "另一头也有水")
    services.verify(third.id, by=cast.community.actor, into=incident.id)
    third.refresh_from_db()
    assert (third.incident_id, third.lead_id) == (incident.id, two[0].id)
    assert queries.incidents(cast.city.actor).get().told == 3
    services.close(incident.id, "办完了", by=cast.community.actor)
    late = say(cast.grid, A)
    for act in (
        lambda: services.verify(late.id, by=cast.community.actor, into=incident.id),
        lambda: services.fold(late.id, two[0].id, by=cast.community.actor),
    ):
        with pytest.raises(Conflict):
            act()


def test_what_was_folded_goes_along(cast, two):
    third = say(cast.grid, A + "，三号楼也是")
    services.fold(two[1].id, two[0].id, by=cast.district.actor)
    services.fold(two[0].id, third.id, by=cast.district.actor)
    assert {r.lead_id for r in Report.objects.filter(state="folded")} == {third.id}
    services.verify(third.id, by=cast.community.actor)
    assert {r.state for r in Report.objects.all()} == {"verified"}
    fourth, fifth = say(cast.grid, A), say(cast.grid, A)
    services.fold(fifth.id, fourth.id, by=cast.community.actor)
    services.fold(fourth.id, third.id, by=cast.community.actor)
    fifth.refresh_from_db()
    assert (fifth.state, fifth.lead_id, told(fifth)) == ("verified", third.id, 2)


def test_unfolded_stands_for_itself_again(cast, two):
    one, other = two
    services.fold(other.id, one.id, by=cast.district.actor)
    back = services.unfold(other.id, "是两栋楼", by=cast.district.actor)
    assert (back.state, back.lead_id, back.chain_id) == ("verifying", None, other.id)
    assert Obligation.objects.filter(subject_id=other.id, did=Did.VERIFIED, state="open").exists()
    services.fold(other.id, one.id, by=cast.district.actor)
    services.verify(one.id, by=cast.community.actor)
    back = services.unfold(other.id, "还是两栋楼", by=cast.district.actor)
    assert (back.state, back.incident_id) == ("verifying", None)
    with pytest.raises(Conflict):
        services.unfold(one.id, "它开的头", by=cast.district.actor)
    with pytest.raises(Invalid):
        services.unfold(other.id, "", by=cast.district.actor)


def test_the_reporter_folds_their_own_into_what_resembles_it(cast, two):
    one, other = two
    services.fold_own(one.id, other.id, by=cast.grid.actor)
    assert Entry.objects.filter(subject_id=one.id, did=Did.FOLDED_OWN).count() == 1
    stranger = say(cast.grid, "电线掉地上了")
    with pytest.raises(Hidden):
        services.fold_own(stranger.id, other.id, by=cast.grid.actor)
    with pytest.raises(Hidden):
        services.fold_own(other.id, one.id, by=cast.grid.actor)


def test_what_cannot_be_one_thing(cast, two):
    one, other = two
    by = cast.district.actor
    drill = Exercise.objects.create(name="练", place_path=cast.places.city.path, started_at=clock.now())
    drilled = services.report(Said(text=A), by=cast.grid.actor.drilling(drill.id))
    for pair, error in (
        ((one.id, one.id), Invalid), ((one.id, drilled.id), Invalid), ((drilled.id, one.id), Invalid),
    ):  # fmt: skip
        with pytest.raises(error):
            services.fold(*pair, by=by)
    services.fold(other.id, one.id, by=by)
    with pytest.raises(Invalid):
        services.fold(drilled.id, other.id, by=by)
    third = say(cast.grid, A)
    with pytest.raises(Invalid):
        services.fold(third.id, other.id, by=by)
    with pytest.raises(Hidden):
        services.fold(third.id, one.id, by=cast.elsewhere.actor)
    with pytest.raises(Refused):
        services.fold(third.id, one.id, by=cast.admin.actor)
