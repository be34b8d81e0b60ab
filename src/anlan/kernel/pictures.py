"""Photos made harmless: told by their content, decoded, drawn anew as JPEG, with nothing of the file that came.

Only what Pillow decodes as JPEG, PNG or WebP passes; the copy is encoded from the pixels alone, so a script behind the
picture, its comments, its EXIF (camera, owner, position) and colour profile are gone.
"""

import datetime as dt
import io
import math
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

FORMATS = ("JPEG", "PNG", "WEBP")
PIXELS = 60_000_000  # a cheap phone's 48-megapixel picture passes, a bomb does not
EDGE, THUMB = 1600, 320  # pixels of the longer edge
QUALITY = 82
STEP, TOLD = 4, 16  # a cell differs by so much of 255; so many of 64 cells must
_EXIF, _TAKEN, _OFFSET = 0x8769, 0x9003, 0x9011
_GPS, _LAT_REF, _LAT, _LON_REF, _LON = 0x8825, 1, 2, 3, 4


class Unfit(ValueError):  # noqa: N818 - a sentence: the file is unfit
    """What came is no picture that is taken; `reason` is kind, broken, pixels or size."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Picture:
    """A harmless JPEG and its small copy. `lon`, `lat` (degrees), `taken_at`: what the file said of its taking.

    `look` is the small copy's difference hash.
    """

    data: bytes
    thumb: bytes
    width: int
    height: int
    lon: float | None = None
    lat: float | None = None
    taken_at: dt.datetime | None = None
    look: int = 0


def clean(content: bytes, *, most: int) -> Picture:
    """Return a harmless copy of a photo of at most `most` bytes. Raises Unfit."""
    if len(content) > most:
        raise Unfit("size")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            with Image.open(io.BytesIO(content), formats=FORMATS) as opened:
                _fits(opened.size)
                lon, lat = _position(opened)
                taken_at = _taken(opened)
                opened.draft("RGB", (EDGE, EDGE))
                image = ImageOps.exif_transpose(opened).convert("RGB")
    except Unfit:
        raise
    except (UnidentifiedImageError, Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise Unfit("pixels" if "Bomb" in type(error).__name__ else "kind") from error
    except Exception as error:  # decoders trip over a malformed file in any way they like; all of it is bad input
        raise Unfit("broken") from error
    image.thumbnail((EDGE, EDGE))
    small = image.copy()
    small.thumbnail((THUMB, THUMB))
    made = _jpeg(small)
    return Picture(_jpeg(image), made, image.width, image.height, lon, lat, taken_at, look(made))


def look(thumb: bytes) -> int:
    """Return the difference hash (dHash, 64 bits, signed) of a small copy; 0 where it is too plain to be told.

    Each bit says whether one of 8 × 8 cells is brighter than its neighbour, so that scaling and compressing anew move
    few bits. A wall, a dark room or a finger on the lens all look alike: those have no hash.
    """
    with Image.open(io.BytesIO(thumb), formats=FORMATS) as opened:
        cells = np.asarray(opened.convert("L").resize((9, 8), Image.Resampling.LANCZOS), dtype=np.int16)
    steps = cells[:, 1:] - cells[:, :-1]
    if int((np.abs(steps) >= STEP).sum()) < TOLD:
        return 0
    return int.from_bytes(np.packbits(steps > 0).tobytes(), "big", signed=True)


def _fits(size: tuple[int, int]) -> None:
    if size[0] * size[1] > PIXELS or min(size) < 1:
        raise Unfit("pixels")


def _jpeg(image: Image.Image) -> bytes:
    fresh = Image.new("RGB", image.size)
    fresh.paste(image)
    made = io.BytesIO()
    fresh.save(made, "JPEG", quality=QUALITY, optimize=True)
    return made.getvalue()


def _position(image: Image.Image) -> tuple[float | None, float | None]:
    """Return the position in the EXIF, (None, None) where there is none or it makes no sense."""
    try:
        told = image.getexif().get_ifd(_GPS)
        lat, lon = _degrees(told[_LAT]), _degrees(told[_LON])
        lat *= -1 if str(told.get(_LAT_REF, "N")).upper().startswith("S") else 1
        lon *= -1 if str(told.get(_LON_REF, "E")).upper().startswith("W") else 1
    except Exception:  # noqa: BLE001 - a broken EXIF costs the position, never the picture
        return None, None
    fits = math.isfinite(lat) and math.isfinite(lon) and abs(lat) <= 90 and abs(lon) <= 180 and (lat, lon) != (0, 0)
    return (lon, lat) if fits else (None, None)


def _taken(image: Image.Image) -> dt.datetime | None:
    """Return when the EXIF says it was taken, in China's time where it names no offset; None where it does not say."""
    try:
        told = image.getexif().get_ifd(_EXIF)
        at = dt.datetime.strptime(f"{told[_TAKEN]}{told.get(_OFFSET, '+08:00')}", "%Y:%m:%d %H:%M:%S%z")
    except Exception:  # noqa: BLE001 - a broken EXIF costs the time, never the picture
        return None
    return at if 1990 <= at.year < 9999 else None


def _degrees(parts: Any) -> float:
    degrees, minutes, seconds = (float(part) for part in parts)
    return degrees + minutes / 60 + seconds / 3600
