"""What a report fills in by itself: by which post, and at which place."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from anlan.kernel.authority import Actor, Invalid, Refused, Seat
from anlan.places import queries as places

CHOSEN, DEVICE, PHOTO, POST = "chosen", "device", "photo", "post"


@dataclass(frozen=True, slots=True)
class Spot:
    """Where it is, and how we know: `by` is chosen, device, photo or post. Degrees (WGS-84), metres."""

    path: str
    by: str
    lon: float | None = None
    lat: float | None = None
    accuracy: float | None = None


def seat_to(can: str, *, by: Actor) -> Seat:
    """Return the post that is reported from: the lowest that may. Raises Refused where none may."""
    able = {g.post for g in by.grants if g.can == can}
    seats = [s for s in by.seats if s.post in able]
    if by.pseudonym is None or not seats:
        raise Refused(can, "")
    return max(seats, key=lambda s: (len(s.path), s.seat == "A"))


def on_earth(lon: float | None, lat: float | None) -> bool:
    """Say whether a point is none, or a whole one on the globe."""
    if lon is None or lat is None:
        return lon is None and lat is None
    return all(math.isfinite(x) and abs(x) <= most for x, most in ((lon, 180), (lat, 90)))


def spot_of(
    place: str,
    point: tuple[float | None, float | None, float | None],
    photos: Sequence[tuple[float, float]],
    *,
    post: str,
) -> Spot:
    """Find the place: what was chosen, else where the device or the first photo says, else the post's own.

    `point` is the device's longitude, latitude and accuracy. Raises Invalid («place») for a chosen one that is none.
    """
    lon, lat, accuracy = point
    how = DEVICE
    if lon is None and photos:
        (lon, lat), how, accuracy = photos[0], PHOTO, None
    accuracy = accuracy if accuracy and math.isfinite(accuracy) else None
    if place:
        if place not in places.names([place]):
            raise Invalid({"place": _("没有这个地方，重新选一下")})
        return Spot(place, CHOSEN, lon, lat, accuracy)
    if lon is not None and lat is not None:
        found = places.locate(lon, lat)
        if found is not None:
            return Spot(found.path, how, lon, lat, accuracy)
    return Spot(post, POST, lon, lat, accuracy)
