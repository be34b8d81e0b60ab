"""WRN-06: one sentence is taken in, the rest is filled in, the duty desk owes a look, and it climbs if nobody looks."""

import datetime as dt
import uuid

import pytest
import shapely

from anlan.callout.models import Obligation, Receipt
from anlan.callout.services import climbing
from anlan.callout.tests import mass
from anlan.incidents import services
from anlan.incidents.models import Photo, Report
from anlan.incidents.services import duties
from anlan.incidents.terms import Did, How, Said
from anlan.incidents.tests.saying import FIRE, WATER, picture, say
from anlan.kernel import clock
from anlan.kernel.authority import Conflict, Hidden, Invalid, Refused, machine
from anlan.ledger.models import Entry, Exercise
from anlan.places import services as places

pytestmark = pytest.mark.django_db
SQUARE = shapely.box(104.00, 30.60, 104.01, 30.61)


def owed(report, state="open"):
    return Obligation.objects.filter(subject_id=report.id, did=Did.VERIFIED, state=state)


@pytest.fixture
def shaped(cast):
    """The grid has a shape, so that a position lies in it."""
    places.set_shape(cast.places.grid.id, SQUARE, crs="wgs84", by=machine("test"))
    return cast


def test_a_sentence_is_enough(cast):
    made = say(cast.grid)
    made.refresh_from_db()
    assert (made.place_path, made.located, made.kind) == (cast.places.grid.path, "post", "flooding")
    assert (made.reporter_name, made.reporter_title) == ("李小满", cast.grid.post.title)
    assert abs(clock.now() - made.happened_at) < dt.timedelta(seconds=5)
    entry = Entry.objects.get(subject_id=made.id, did=Did.RECEIVED)
    assert entry.chain == made.chain_id
    assert WATER not in str(entry.values), "what was said is private: the ledger keeps its digest"
    assert entry.values["private"]


def test_sent_twice_is_once(cast):
    client = uuid.uuid4()
    one, two = say(cast.grid, client=client), say(cast.grid, "别的话", client=client)
    assert one.id == two.id
    assert two.text == WATER
    assert owed(one).count() == 1
    other = say(cast.community, client=client)
    assert other.id != one.id, "somebody else's id is theirs"


@pytest.mark.parametrize(("values", "field"), [
    ({"text": "  "}, "text"), ({"text": "水" * 1001}, "text"), ({"text": WATER, "kind": "ufo"}, "kind"),
    ({"text": WATER, "lon": 104.0}, "lon"), ({"text": WATER, "lon": 204.0, "lat": 30.0}, "lon"),
    ({"text": WATER, "lon": float("nan"), "lat": 30.0}, "lon"), ({"text": WATER, "place": "ZZZZ"}, "place"),
    ({"text": WATER, "happened_at": dt.datetime(2001, 1, 1, tzinfo=dt.UTC)}, "happened_at"),
    ({"text": WATER, "happened_at": dt.datetime(2199, 1, 1, tzinfo=dt.UTC)}, "happened_at"),
    ({"text": WATER, "photos": [b"not a photo"]}, "photos"), ({"text": WATER, "how": "pigeon"}, "how"),
    ({"text": WATER, "photos": [picture()] * 4}, "photos"),
])  # fmt: skip
def test_bad_input_says_which_field(cast, values, field):
    with pytest.raises(Invalid) as error:
        services.report(Said(**values), by=cast.grid.actor)
    assert field in error.value.errors
    assert not Report.objects.exists()


def test_who_holds_no_post_is_refused(cast):
    with pytest.raises(Refused):
        services.report(Said(text=WATER), by=cast.nobody.actor)
    with pytest.raises(Refused):  # taking calls is the desk's
        services.report(Said(text=WATER, how=How.PHONE), by=cast.grid.actor)


def test_a_danger_next_door_may_be_reported(cast):
    made = say(cast.grid, place=cast.places.other_street.path)
    assert made.place_path == cast.places.other_street.path
    assert owed(made).get().person_id == cast.elsewhere.person.id


def test_the_place_is_where_the_phone_is(shaped):
    made = say(shaped.community, lon=104.005, lat=30.605, accuracy=12.0)
    assert (made.place_path, made.located, made.accuracy) == (shaped.places.grid.path, "device", 12.0)
    far = say(shaped.community, lon=10.0, lat=50.0)
    assert (far.place_path, far.located, far.lon) == (shaped.places.community.path, "post", 10.0)
    chosen = say(shaped.community, lon=104.005, lat=30.605, place=shaped.places.street.path)
    assert (chosen.place_path, chosen.located, chosen.lon) == (shaped.places.street.path, "chosen", 104.005)


def test_the_position_in_a_photo_counts_only_where_the_reporter_lets_it(shaped):
    photo = picture(gps=(104.005, 30.605))
    shy = say(shaped.community, photos=[photo])
    assert (shy.located, shy.lon) == ("post", None)
    open_ = say(shaped.community, photos=[photo], photo_place=True)
    assert (open_.place_path, open_.located) == (shaped.places.grid.path, "photo")
    assert open_.lon == pytest.approx(104.005, abs=1e-5)
    assert Photo.objects.filter(report=open_).count() == 1


def test_the_nearest_desk_owes_a_look_and_never_the_reporter(cast):
    made = say(cast.grid)
    assert owed(made).get().person_id == cast.community.person.id
    own = say(cast.community)
    assert owed(own).get().person_id == cast.street.person.id


def test_nobody_looks_and_it_climbs_two_desks(cast, settings, monkeypatch):
    mass.install(monkeypatch, mass.Gateway("sms_http"))
    settings.REPORT_MINUTES = (5, 10)
    made = say(cast.grid)
    for minutes in (2.1, 3.1, 5.1, 10.1):
        with clock.shifted(dt.timedelta(minutes=minutes)):
            climbing.climb()
            mass.drain()
    assert set(owed(made).values_list("person_id", flat=True)) == {
        cast.community.person.id, cast.street.person.id, cast.district.person.id,
    }  # fmt: skip
    services.take_up(made.id, by=cast.street.actor)
    left = owed(made)
    assert {o.person_id for o in left} == {cast.street.person.id}, "whoever took it up owes its end"
    services.not_so(made.id, "去看了，没有水", by=cast.street.actor)
    assert not owed(made).exists()


def test_life_rings_at_once_and_comes_first(cast, settings, monkeypatch):
    voice, text = mass.Gateway("voice_http"), mass.Gateway("sms_http")
    mass.install(monkeypatch, voice, text)
    say(cast.grid)
    mass.drain()
    assert len(voice.sent) == 0
    assert len(text.sent) == 1
    urgent = say(cast.grid, FIRE)
    mass.drain()
    assert urgent.urgent
    assert urgent.urgent_words.startswith("着火")
    assert len(voice.sent) == 1
    assert "人命关天" in voice.asked[0].title
    slow, quick = owed(Report.objects.get(text=WATER)).get(), owed(urgent).get()
    assert quick.due_at < slow.due_at


def test_a_message_about_a_duty_has_a_whole_address(cast, settings, monkeypatch):
    text = mass.Gateway("sms_http")
    mass.install(monkeypatch, text)
    made = say(cast.grid)
    mass.drain()
    assert text.asked[0].link == f"{settings.PUBLIC_URL}/incidents/reports/{made.id}"
    services.not_so(made.id, "没有水", by=cast.community.actor)
    mass.drain()
    told = text.asked[-1]
    assert (told.person, told.link, told.needs_answer) == (cast.grid.person.id, "", False)
    assert "不属实" in told.body


def test_a_drill_stays_a_drill(cast):
    drill = Exercise.objects.create(name="练", place_path=cast.places.city.path, started_at=clock.now())
    made = services.report(Said(text=WATER), by=cast.grid.actor.drilling(drill.id))
    assert made.exercise_id == drill.id
    assert owed(made).get().drill
    assert Entry.objects.get(subject_id=made.id, did=Did.RECEIVED).exercise == drill.id
    services.not_so(made.id, "演练", by=cast.community.actor)
    assert not Receipt.objects.filter(drill=False).exists()


def test_withdrawn_while_nobody_looks(cast):
    made = say(cast.grid)
    with pytest.raises(Hidden):
        services.withdraw(made.id, "", by=cast.community.actor)
    assert services.withdraw(made.id, "", by=cast.grid.actor).state == "withdrawn"
    assert owed(made, "void").count() == 1
    taken = say(cast.grid)
    services.take_up(taken.id, by=cast.community.actor)
    with pytest.raises(Conflict):
        services.withdraw(taken.id, "", by=cast.grid.actor)


def test_a_place_without_any_desk_is_said_aloud(cast, monkeypatch):
    monkeypatch.setattr(duties.people, "holders", lambda *a, **k: [])
    made = say(cast.grid)
    assert Entry.objects.filter(subject_id=made.id, did=Did.UNWATCHED).count() == 1
