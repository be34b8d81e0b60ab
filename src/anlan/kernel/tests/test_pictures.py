"""WRN-06: whatever is sent as a photo, what is kept is an inert JPEG of its pixels, or a clear no."""

import io
import struct
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from anlan.incidents.tests.saying import picture
from anlan.kernel import pictures
from anlan.kernel.pictures import Unfit, clean

MB = 2**20
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(1)</script></svg>'
HTML = b"<!doctype html><script>alert(1)</script>"


def png(width, height, *, data=b""):
    """Return a PNG that claims a size it does not carry."""

    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", data or zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")


@pytest.mark.parametrize(("content", "reason"), [
    (SVG, "kind"), (HTML, "kind"), (b"", "kind"), (b"%PDF-1.7 ...", "kind"), (b"GIF89a" + b"\0" * 40, "kind"),
    (b"\xff\xd8\xff\xe0" + b"\0" * 40, "kind"), (b"BM" + b"\0" * 60, "kind"),
    (picture()[:400], "broken"), (png(60_000, 60_000), "pixels"), (png(9_000, 9_000), "pixels"),
    (png(10, 10), "broken"),
])  # fmt: skip
def test_what_is_no_photo_is_refused(content, reason):
    with pytest.raises(Unfit) as error:
        clean(content, most=MB)
    assert error.value.reason in {reason, "broken"}


def test_too_large_is_refused_before_it_is_opened():
    with pytest.raises(Unfit, match="size"):
        clean(b"\xff" * (MB + 1), most=MB)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_only_the_pixels_are_kept(kind):
    made = clean(picture((2000, 1000), kind, gps=(104.005, 30.605)), most=4 * MB)
    assert (made.width, made.height) == (1600, 800)
    for data in (made.data, made.thumb):
        kept = Image.open(io.BytesIO(data))
        assert kept.format == "JPEG"
        assert not kept.getexif()
        assert set(kept.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density", "progression", "progressive"}
        assert b"Exif" not in data
        assert b"Evil" not in data
        assert b"script" not in data
    assert made.lon == pytest.approx(104.005, abs=1e-5)
    assert made.lat == pytest.approx(30.605, abs=1e-5)


@pytest.mark.parametrize("tail", [HTML, SVG, b"PK\x03\x04" + b"\0" * 100, b"<?php system($_GET[0]); ?>"])
def test_a_polyglot_loses_its_second_face(tail):
    for content in (picture() + tail, picture(comment=tail)):
        made = clean(content, most=MB)
        assert tail[:12] not in made.data


def test_it_stands_upright():
    image, made = Image.new("RGB", (40, 20), (255, 0, 0)), io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = 6  # turned a quarter
    image.save(made, "JPEG", exif=exif)
    upright = clean(made.getvalue(), most=MB)
    assert (upright.width, upright.height) == (20, 40)


@pytest.mark.parametrize("gps", [(0.0, 0.0), (200.0, 30.0), (104.0, 95.0)])
def test_a_position_that_cannot_be_is_none(gps):
    made = clean(picture(gps=gps), most=MB)
    assert (made.lon, made.lat) == (None, None)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=200), st.integers(0, 900))
def test_a_broken_file_never_breaks_us(noise, at):
    whole = picture((32, 32))
    try:
        made = clean(whole[:at] + noise + whole[at:], most=MB)
    except Unfit:
        return
    assert made.data.startswith(b"\xff\xd8\xff")
    assert pictures.FORMATS
