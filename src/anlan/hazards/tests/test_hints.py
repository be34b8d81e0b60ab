"""EVL-05: 同质照片、批量同刻提交: hints to whoever checks, put aside with a reason; they judge nobody."""

import datetime as dt
import io
import uuid

import numpy as np
import pytest
from django.conf import settings
from PIL import Image

from anlan.fieldwork.models import Upload
from anlan.fieldwork.services import redrawing
from anlan.fieldwork.services.uploads import keep_photos
from anlan.hazards import services
from anlan.hazards.models import Hint, Shot
from anlan.hazards.queries import hints as queries
from anlan.hazards.services import hints, visits
from anlan.hazards.terms.inspections import Done
from anlan.hazards.tests import finding, inspecting
from anlan.kernel import clock, pictures
from anlan.kernel.authority import Conflict, Hidden, Invalid
from anlan.ledger.models import Entry

pytestmark = pytest.mark.django_db


def scene(seed, *, quality=90, size=(640, 480)):
    """Return a photo of a scene: the same seed is the same scene, taken in at another size or quality."""
    cells = np.random.default_rng(seed).integers(0, 255, (9, 12, 3), dtype=np.uint8)
    made = io.BytesIO()
    Image.fromarray(cells).resize(size, Image.Resampling.BICUBIC).save(made, "JPEG", quality=quality)
    return made.getvalue()


def look(seed, **values):
    return pictures.clean(scene(seed, **values), most=2**20).look


def apart(one, other):
    return ((one ^ other) & (2**64 - 1)).bit_count()


def test_the_same_scene_scaled_and_compressed_anew_looks_alike():
    assert apart(look(1), look(1, quality=40, size=(1600, 1200))) <= settings.HINT_PHOTO_BITS
    assert min(apart(look(1), look(n)) for n in range(2, 30)) > settings.HINT_PHOTO_BITS
    assert pictures.clean(finding.picture(), most=2**20).look == 0  # one colour: it looks like any other wall


def hazard(member, text, seed, **values):
    (photo,) = keep_photos([scene(seed, **values)], by=member.actor)
    return finding.find(member, text, uploads=[photo])


def visit(row, member, seed=None, **values):
    uploads = keep_photos([scene(seed)], by=member.actor) if seed is not None else []
    return inspecting.visit(row, member.actor, uploads=uploads, **values)


def test_a_photo_used_before_is_hinted_at_once_and_its_own_record_is_not(cast):
    """EVL-05: across hazards, visits and persons; not a burst on one record, not what came from the same visit."""
    first = hazard(cast.grid, finding.STAIRS, 1)
    services.add_photos(first.id, keep_photos([scene(1, quality=70)], by=cast.grid.actor), "before", by=cast.grid.actor)
    again = hazard(cast.grid, finding.WIRES, 1, quality=50)
    hazard(cast.grid, "4 栋屋顶漏水", 2)
    shop = inspecting.thing(cast)
    seen = visit(shop, cast.grid, 1)
    assert hints.compare() == 5
    assert {(h.subject_id, h.other_id) for h in Hint.objects.all()} == {(again.id, first.id), (seen.id, first.id)}
    assert queries.words(Hint.objects.get(subject_id=seen.id)) == "这张照片和以前的一张几乎一样，另外还有 2 处用过"
    assert hints.compare() == 0
    assert Hint.objects.count() == 2


def test_before_and_after_that_are_one_picture(cast):
    """EVL-05: the photo of the rectification is the photo of the hazard."""
    made = finding.assigned(cast)
    for phase in ("before", "after"):
        services.add_photos(made.id, keep_photos([scene(3)], by=cast.community.actor), phase, by=cast.community.actor)
    hints.compare()
    found = Hint.objects.get()
    assert (found.subject_id, found.other_id) == (made.id, made.id)
    assert queries.words(found) == "整改前、整改后两张照片几乎一样"


def test_what_was_there_before_is_noted_once(cast):
    """EVL-05: the backfill: hashes of old copies, uses of old photos; twice is once."""
    first, again = hazard(cast.grid, finding.STAIRS, 1), hazard(cast.grid, finding.WIRES, 1)
    seen = visit(inspecting.thing(cast), cast.grid, 1)
    Shot.objects.all().delete()
    Upload.objects.update(look=None)
    assert hints.lay_earlier() == 3
    assert hints.lay_earlier() == 0
    assert hints.compare() == 0  # nothing is hashed yet
    assert redrawing.look_again() == 3
    assert redrawing.look_again() == 0
    assert hints.compare() == 3
    assert {(h.subject_id, h.other_id) for h in Hint.objects.all()} == {(again.id, first.id), (seen.id, first.id)}


def at(row, member, moment, **values):
    done = Done(client=uuid.uuid4(), object=row.id, nothing_wrong=True, done_at=moment, **values)
    return visits.visit(done, by=member.actor)


def test_many_in_one_second_and_faster_than_anybody_walks(cast):
    """EVL-05: 批量同刻提交; distance ÷ time. Two in a second, a ride across town and somebody else are nothing."""
    things = [inspecting.thing(cast, name=f"店{n}", lon=120.0 + n / 1000, lat=30.0) for n in range(4)]
    far = inspecting.thing(cast, name="远店", lon=120.2, lat=30.0)  # some 19 km
    moment = clock.now().replace(microsecond=0) - dt.timedelta(hours=9)
    for n, row in enumerate(things[:3]):
        last = at(row, cast.grid, moment + dt.timedelta(milliseconds=200 * n))
    at(things[3], cast.community, moment)
    quick = at(far, cast.grid, moment + dt.timedelta(minutes=5))
    at(things[0], cast.grid, moment + dt.timedelta(minutes=65))
    assert hints.pace() == 2
    assert hints.pace() == 0
    second, pace = Hint.objects.order_by("-genre")
    assert (second.genre, second.subject_id, second.figures) == ("second", last.id, {"count": 3})
    assert (pace.genre, pace.subject_id, pace.figures["seconds"]) == ("pace", quick.id, 300)
    assert 220 < pace.figures["kmh"] < 240


def test_whoever_checks_sees_both_and_puts_it_aside_with_a_reason(cast, django_assert_max_num_queries):
    """EVL-05: 提示而非处罚: not one's own, nor elsewhere; a reason is needed, an entry stays, twice conflicts."""
    first, again = hazard(cast.grid, finding.STAIRS, 1), hazard(cast.grid, finding.WIRES, 1)
    seen = visit(inspecting.thing(cast), cast.grid, 1)
    hints.compare()
    row = Hint.objects.get(subject_id=again.id)
    client, page = cast.client("street"), f"/inspections/hints/{row.id}"
    with django_assert_max_num_queries(40):
        listed = client.get("/inspections/hints").content.decode()
    assert first.number in listed
    assert "不计分、不排名" in listed
    for which in ("this", "other"):
        assert client.get(f"{page}/{which}.jpg?small").content[:2] == b"\xff\xd8"
        assert cast.client("elsewhere").get(f"{page}/{which}.jpg").status_code in {403, 404}
    assert "看看对不对得上" in client.get(f"/inspections/visits/{seen.id}").content.decode()
    assert "看看对不对得上" not in cast.client("grid").get(f"/inspections/visits/{seen.id}").content.decode()
    client.post(page, {"opinion": " "})
    assert Hint.objects.get(id=row.id).state == "open"
    assert client.post(page, {"opinion": "同一面墙，两件事"}).status_code == 302
    entry = Entry.objects.get(did="hazards.hint-seen")
    assert entry.values["opinion"] == "同一面墙，两件事"
    with pytest.raises(Conflict):
        hints.dismiss(row.id, "再收一次", by=cast.street.actor)
    with pytest.raises(Invalid):
        hints.dismiss(Hint.objects.get(subject_id=seen.id).id, "", by=cast.street.actor)
    with pytest.raises(Hidden):
        hints.dismiss(row.id, "自己收", by=cast.grid.actor)
    assert "同一面墙，两件事" in client.get("/inspections/hints?view=dismissed").content.decode()
    Hint.objects.filter(subject_id=seen.id).update(exercise_id=uuid.uuid4())
    told = client.get("/statistics/findings").content.decode()
    assert "照片像以前用过 1 条" in told
    assert "还有 0 条等人看" in told
    assert "一条一条看" in told


def test_the_acceptance_page_shows_it(cast):
    """EVL-05: 验收 of a hazard whose photo was used elsewhere."""
    hazard(cast.grid, finding.WIRES, 1)
    made = finding.rectified(cast)
    services.add_photos(made.id, keep_photos([scene(1)], by=cast.community.actor), "after", by=cast.community.actor)
    hints.compare()
    page = cast.client("street").get(f"/hazards/{made.id}/do/accept").content.decode()
    assert "这张照片和以前的一张几乎一样" in page
