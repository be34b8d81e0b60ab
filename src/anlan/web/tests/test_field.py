"""HZD-02, WRN-03: an answer and a report made without a network come in by the field page's door."""

import io
from uuid import uuid4

import pytest
from PIL import Image

from anlan.fieldwork import ports
from anlan.fieldwork.models import Upload
from anlan.fieldwork.services import redrawing
from anlan.fieldwork.terms import Record
from anlan.incidents.models import Photo, Report
from anlan.incidents.services import coming
from anlan.kernel import clock
from anlan.kernel.authority import Hidden, Invalid
from anlan.kernel.ids import uuid7
from anlan.ledger.models import Entry


def record(kind, body, **more):
    return Record(uuid7(), kind, body, clock.now(), **more)


def test_a_report_comes_in_with_the_photos_that_have_come(cast):
    made = io.BytesIO()
    Image.new("RGB", (20, 20), "red").save(made, "JPEG")
    photo = Upload.objects.create(owner=cast.grid.actor.pseudonym, raw=made.getvalue(), state="raw", digest=b"")
    late, stray = uuid4(), uuid4()
    one = record("incidents.report", {"text": "7 栋楼下积水"}, uploads=(photo.id, late, stray))
    (outcome,) = ports.handlers["incidents.report"].apply([one], by=cast.grid.actor)
    (again,) = ports.handlers["incidents.report"].apply([one], by=cast.grid.actor)
    assert outcome.subject == again.subject == Report.objects.get().id
    assert Photo.objects.count() == 1
    assert "还有 2 张照片在路上" in outcome.message
    assert "还有 2 张照片在路上" in cast.client("grid").get(outcome.href).content.decode()
    other = io.BytesIO()
    Image.new("RGB", (30, 20), "blue").save(other, "JPEG")
    came(late, cast.grid, other.getvalue())
    came(stray, cast.community, other.getvalue())
    assert [coming.attach(), coming.attach()] == [2, 0]
    page = cast.client("grid").get(outcome.href).content.decode()
    assert page.count("?small") == 2
    assert "有 1 张照片打不开" in page
    assert Entry.objects.get(did="incidents.photo-added").values["count"] == 1


def came(upload, whose, content):
    Upload.objects.create(id=upload, owner=whose.actor.pseudonym, raw=content, state="raw", digest=b"")
    redrawing.redraw()


def test_a_note_whose_photo_is_on_its_way_gets_it_and_nobody_elses_report_does(cast):
    (outcome,) = ports.handlers["incidents.report"].apply(
        [record("incidents.report", {"text": "积水"})], by=cast.grid.actor
    )
    late = uuid4()
    note = record("incidents.note", {"report": str(outcome.subject)}, uploads=(late,))
    with pytest.raises(Hidden):
        ports.handlers["incidents.note"].apply([note], by=cast.elsewhere.actor)
    ports.handlers["incidents.note"].apply([note], by=cast.grid.actor)
    came(late, cast.grid, b"\xff\xd8\xff broken")
    assert coming.attach() == 1
    assert "有 1 张照片打不开" in cast.client("grid").get(outcome.href).content.decode()


def test_a_report_without_words_says_what_is_missing(cast):
    with pytest.raises(Invalid):
        ports.handlers["incidents.report"].apply([record("incidents.report", {})], by=cast.grid.actor)


def test_an_answer_to_nothing_is_refused_in_words(cast):
    handler = ports.handlers["callout.answer"]
    (outcome,) = handler.apply([record("callout.answer", {"obligation": str(uuid4())})], by=cast.grid.actor)
    assert (outcome.state, bool(outcome.message)) == ("refused", True)
    with pytest.raises(Invalid):
        handler.apply([record("callout.answer", {"obligation": "x"})], by=cast.grid.actor)


def test_the_pack_holds_what_is_owed(cast):
    held = ports.packs["callout.duties"].of(cast.grid.actor, None)
    assert held == {"duties": [], "count": 0}
