"""Reports and photos for tests: what is said by whom, pictures that are none."""

import io

from PIL import Image

from anlan.incidents import services
from anlan.incidents.terms import Said

WATER = "7 栋楼下积水，快到膝盖了"
FIRE = "柳荫路烧烤店着火，冒黑烟"


def say(member, text=WATER, **values):
    """Return the report that a member of the cast makes."""
    return services.report(Said(text=text, **values), by=member.actor)


def picture(size=(640, 480), kind="JPEG", *, gps=None, colour=(20, 120, 110), comment=b""):
    """Return a photo's bytes; `gps` is (lon, lat) for its EXIF."""
    image = Image.new("RGB", size, colour)
    exif = Image.Exif()
    exif[0x010F] = "Evil Camera"
    exif[0x010E] = "<script>alert(1)</script>"
    if gps:
        ifd = exif.get_ifd(0x8825)
        lon, lat = gps
        ifd[1], ifd[2], ifd[3], ifd[4] = "N", _dms(lat), "E", _dms(lon)
    made = io.BytesIO()
    image.save(made, kind, exif=exif, **({"comment": comment} if comment and kind == "JPEG" else {}))
    return made.getvalue()


def _dms(degrees):
    whole = int(degrees)
    minutes = int((degrees - whole) * 60)
    return (float(whole), float(minutes), round((degrees - whole - minutes / 60) * 3600, 4))
