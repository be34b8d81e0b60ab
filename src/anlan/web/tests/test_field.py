"""HZD-02, WRN-03: an answer and a report made without a network come in by the field page's door."""

import io
from uuid import uuid4

import pytest
from PIL import Image

from anlan.fieldwork import ports
from anlan.fieldwork.models import Upload
from anlan.fieldwork.terms import Record
from anlan.incidents.models import Photo, Report
from anlan.kernel import clock
from anlan.kernel.authority import Invalid
from anlan.kernel.ids import uuid7


def record(kind, body, **more):
    return Record(uuid7(), kind, body, clock.now(), **more)


def test_a_report_comes_in_with_the_photos_that_have_come(cast):
    made = io.BytesIO()
    Image.new("RGB", (20, 20), "red").save(made, "JPEG")
    photo = Upload.objects.create(owner=cast.grid.actor.pseudonym, raw=made.getvalue(), state="raw", digest=b"")
    one = record("incidents.report", {"text": "7 栋楼下积水"}, uploads=(photo.id, uuid4()))
    (outcome,) = ports.handlers["incidents.report"].apply([one], by=cast.grid.actor)
    (again,) = ports.handlers["incidents.report"].apply([one], by=cast.grid.actor)
    assert outcome.subject == again.subject == Report.objects.get().id
    assert Photo.objects.count() == 1
    assert "1 张照片没收到" in outcome.message
    assert cast.client("grid").get(outcome.href).status_code == 200


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
