"""HZD-02: photos come in over a bad line, piece by piece, and nobody ever sees the bytes that came."""

import datetime as dt
import io
import os
from uuid import uuid4

import pytest
from PIL import Image

from anlan.fieldwork.api import uploads_door
from anlan.fieldwork.models import Upload, UploadPart
from anlan.fieldwork.services import redrawing
from anlan.fieldwork.tests.phones import Phone, call, run
from anlan.kernel import clock

SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
HTML = b"<!doctype html><script>alert(1)</script>"


def jpeg(size=(64, 48), *, exif=True, kind="JPEG"):
    image = Image.frombytes("RGB", size, os.urandom(size[0] * size[1] * 3))
    said = Image.Exif()
    if exif:
        said.get_ifd(0x8825).update({1: "N", 2: (22.0, 47.0, 24.0), 3: "E", 4: (114.0, 27.0, 0.0)})
        said.get_ifd(0x8769)[0x9003] = "2026:11:20 08:30:00"
    made = io.BytesIO()
    image.save(made, kind, exif=said)
    return made.getvalue()


@pytest.fixture
def phone(db, cast, inline):
    uploads_door._trusted.clear()
    return Phone(cast.client("grid"))


def put(phone, upload, data=b"", *, at=None, total=None, headers=None, **more):
    ranged = [] if at is None else [(b"content-range", f"bytes {at}-{at + len(data) - 1}/{total}".encode())]
    path = f"/field/uploads/{upload}"
    return run(call(uploads_door.door, "PUT", path, data, (headers or phone.headers()) + ranged, **more))[:2]


def look(phone, upload, method="GET"):
    return run(call(uploads_door.door, method, f"/field/uploads/{upload}", headers=phone.headers()))


def test_a_file_comes_in_pieces_and_goes_on_where_it_stopped(phone):
    """A repeat, an overlap and a cut cost nothing; a gap is told; the whole is what was sent."""
    photo, upload = jpeg(), uuid4()
    a, b = len(photo) // 3, len(photo) // 2
    total = len(photo)
    assert put(phone, upload, photo[:a], at=0, total=total) == (202, {"have": a, "state": "awaited", "reason": ""})
    assert put(phone, upload, photo[:a], at=0, total=total)[1]["have"] == a
    assert put(phone, upload, photo[b:], at=b, total=total) == (
        409, {"have": a, "error": "a piece before this one is missing"},
    )  # fmt: skip
    cut = run(call(uploads_door.door, "PUT", f"/field/uploads/{upload}", headers=[*phone.headers(), (
        b"content-range", f"bytes {a}-{total - 1}/{total}".encode())], pieces=[photo[a:b]], cut=True))  # fmt: skip
    assert cut[0] is None
    status, said, headers = look(phone, upload)
    assert (status, said["have"], headers[b"x-anlan-have"]) == (202, b, str(b).encode())
    assert look(phone, upload, "HEAD")[:2] == (202, None)
    assert put(phone, upload, photo[a:], at=a, total=total)[1] == {"have": total, "state": "raw", "reason": ""}
    row = Upload.objects.get(id=upload)
    assert bytes(row.raw) == photo
    assert not UploadPart.objects.exists()
    assert put(phone, upload, photo[a:], at=a, total=total)[0] == 200


def test_what_is_shown_is_drawn_anew_and_the_raw_bytes_go(phone):
    script = b"<script>alert(1)</script>"
    upload = uuid4()
    assert put(phone, upload, jpeg() + script)[0] == 200
    assert redrawing.redraw(seconds=5) == 1
    row = Upload.objects.get(id=upload)
    assert (row.state, row.raw) == ("ready", None)
    shown = redrawing.seen(upload)
    assert shown[:3] == b"\xff\xd8\xff"
    assert script not in shown
    assert b"Exif" not in shown
    assert (round(row.lat, 2), round(row.lon, 2)) == (22.79, 114.45)
    assert row.taken_at == dt.datetime(2026, 11, 20, 8, 30, tzinfo=clock.CHINA)


def test_a_photo_looked_at_before_the_job_ran_is_drawn_then(phone):
    upload = uuid4()
    put(phone, upload, jpeg(kind="WEBP"))
    assert redrawing.seen(upload, thumb=True)[:3] == b"\xff\xd8\xff"
    assert redrawing.redraw(seconds=5) == 0


@pytest.mark.parametrize("content", [SVG, HTML, b"GIF89a" + b"\0" * 40, b"%PDF-1.7 " + b"\0" * 40, b"MZ"])
def test_what_is_no_photo_is_refused_at_once_and_says_so(phone, content):
    upload = uuid4()
    assert put(phone, upload, content)[0] == 415
    assert look(phone, upload)[1] == {"have": len(content), "state": "refused", "reason": "kind"}
    assert Upload.objects.get(id=upload).raw is None
    pieces = uuid4()
    assert put(phone, pieces, (content * 9)[:20], at=0, total=1000)[0] == 415
    assert redrawing.seen(upload) is None


@pytest.mark.parametrize("content", [jpeg()[:700], b"\xff\xd8\xff" + SVG * 3, b"RIFF1234WEBP" + HTML])
def test_what_only_begins_as_a_photo_is_refused_when_it_is_drawn(phone, content):
    upload = uuid4()
    assert put(phone, upload, content)[0] == 200
    redrawing.redraw(seconds=5)
    row = Upload.objects.get(id=upload)
    assert (row.state, row.raw, row.data) == ("refused", None, None)
    assert row.reason in {"kind", "broken"}
    assert redrawing.seen(upload) is None


def test_sizes_and_ranges_are_held(phone, settings):
    settings.PHOTO_MB = 1
    big = jpeg() + b"\0" * 2**20
    assert put(phone, uuid4(), big)[0] == 413
    assert put(phone, uuid4(), jpeg(), at=0, total=2**21)[0] == 413
    for wrong in (b"bytes 0-9/5", b"bytes 5-2/9", b"items 0-1/2", b"bytes 0-1/*", b"bytes 0-99/100"):
        answer = run(call(uploads_door.door, "PUT", f"/field/uploads/{uuid4()}", b"12345",
                          [*phone.headers(), (b"content-range", wrong)]))  # fmt: skip
        assert answer[0] == 422, wrong
    assert put(phone, "no-uuid", b"x")[0] == 404
    assert put(phone, uuid4(), b"")[0] == 422


def test_somebody_elses_file_is_as_if_absent(phone, cast):
    other, upload = Phone(cast.client("street")), uuid4()
    photo = jpeg()
    put(phone, upload, photo[:100], at=0, total=len(photo))
    assert put(other, upload, photo)[0] == 404
    assert put(other, upload, photo[:100], at=0, total=len(photo))[0] == 404
    assert look(other, upload)[0] == 404
    assert look(phone, uuid4())[0] == 404
    assert put(phone, upload, photo)[0] == 200
    assert Upload.objects.get(id=upload).owner == cast.grid.actor.pseudonym


def test_who_may_send(phone):
    photo = jpeg()
    assert put(phone, uuid4(), photo, headers=[(b"x-anlan-field", b"1")])[0] == 401
    assert put(phone, uuid4(), photo, headers=phone.headers(token=False))[0] == 403
    assert not Upload.objects.exists()


def test_pieces_that_never_became_whole_are_given_up(phone):
    photo = jpeg()
    put(phone, uuid4(), photo[:100], at=0, total=len(photo))
    assert redrawing.forget() == 0
    with clock.shifted(dt.timedelta(days=31)):
        assert redrawing.forget() == 1
    assert not UploadPart.objects.exists()
