"""Hazards for tests: found by whom, taken how far along the loop."""

import io

from PIL import Image

from anlan.hazards import services
from anlan.hazards.terms import Found, Owner

STAIRS = "3 栋楼道堆满纸箱，走不过去"
WIRES = "2 栋楼下飞线充电，线从三楼拉下来"
SHOP = Owner(name="老王五金店")


def find(member, text=STAIRS, **values):
    """Return the hazard that a member of the cast reports."""
    return services.report(Found(text=text, **values), by=member.actor)


def confirmed(cast, text=STAIRS, *, grade="general", **values):
    """Return a hazard that the grid reported and the community confirmed."""
    made = find(cast.grid, text, **values)
    return services.confirm(made.id, grade=grade, by=cast.community.actor)


def assigned(cast, owner=SHOP, *, limit="", **values):
    """Return a hazard that is being rectified."""
    made = confirmed(cast, **values)
    return services.assign(made.id, owner, limit=limit, by=cast.community.actor)


def rectified(cast, **values):
    """Return a hazard that the community said is rectified."""
    made = assigned(cast, **values)
    return services.rectify(made.id, "纸箱清走了", by=cast.community.actor)


def closed(cast, **values):
    """Return a hazard that the street accepted."""
    made = rectified(cast, **values)
    return services.accept(made.id, "现场看了，通了", by=cast.street.actor)


def picture(size=(640, 480), colour=(20, 120, 110)):
    """Return a photo's bytes, as a camera with something to hide writes them."""
    image, exif = Image.new("RGB", size, colour), Image.Exif()
    exif[0x010F] = "Evil Camera"
    made = io.BytesIO()
    image.save(made, "JPEG", exif=exif)
    return made.getvalue()
