"""Files from devices and pages: kept as they came, drawn anew before anybody sees them."""

import hashlib
from collections.abc import Iterable, Sequence
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from anlan.fieldwork.models import Upload
from anlan.kernel import pictures
from anlan.kernel.authority import Actor, Invalid
from anlan.kernel.ids import uuid7


def clean_all(files: Sequence[bytes]) -> list[pictures.Picture]:
    """Return harmless copies. Raises Invalid («photos») that says which one is wrong, and what was expected."""
    if len(files) > settings.PHOTOS_MOST:
        raise Invalid({"photos": _("一次最多 {most} 张照片，现在有 {count} 张").format(
            most=settings.PHOTOS_MOST, count=len(files))})  # fmt: skip
    clean, wrong = [], []
    for number, content in enumerate(files, 1):
        try:
            clean.append(pictures.clean(content, most=settings.PHOTO_MB * 2**20))
        except pictures.Unfit as error:
            wrong.append(why(number, error.reason))
    if wrong:
        raise Invalid({"photos": "；".join(wrong)})
    return clean


def keep_photos(files: Sequence[bytes], *, by: Actor) -> list[UUID]:
    """Take photos in through a page: judged and drawn at once; returns their ids, in order.

    Raises Invalid as `clean_all` does; then nothing is kept.
    """
    rows = [
        Upload(
            id=uuid7(), owner=by.pseudonym, state="ready", data=one.data, thumb=one.thumb, width=one.width,
            height=one.height, size=len(one.data), digest=hashlib.sha256(one.data).digest(), lon=one.lon, lat=one.lat,
            look=one.look,
        )
        for one in clean_all(files)
    ]  # fmt: skip
    Upload.objects.bulk_create(rows)
    return [row.id for row in rows]


def why(number: int, reason: str) -> str:
    """Return in plain words what is wrong with the n-th file (`reason` is kind, broken, pixels or size)."""
    said = {
        "size": _("第 {number} 张太大，最多 {most} MB"),
        "pixels": _("第 {number} 张像素太多，重新拍一张"),
        "broken": _("第 {number} 张坏了，打不开，重新拍一张"),
    }.get(reason, _("第 {number} 张不是照片（只收 JPEG、PNG、WebP），文字已经留着"))
    return said.format(number=number, most=settings.PHOTO_MB)


@transaction.atomic
def own(ids: Iterable[UUID], *, by: Actor) -> list[Upload]:
    """Return uploads that the actor sent, without their bytes. Raises Invalid where one is not theirs or unknown."""
    wanted = list(dict.fromkeys(ids))
    rows = {r.id: r for r in Upload.objects.filter(id__in=wanted).defer("raw", "data", "thumb")}
    wrong = [i for i in wanted if i not in rows or not (by.machine or rows[i].owner == by.pseudonym)]
    if wrong:
        raise Invalid({"uploads": _("有 {count} 张照片没传上来，重新传一次").format(count=len(wrong))})
    return [rows[i] for i in wanted]


def contents(ids: Iterable[UUID], *, by: Actor) -> list[bytes]:
    """Return the bytes of the actor's own files that have come, in order, for a context that keeps photos itself.

    They are not trusted: raw ones are as they came. What is not there yet, refused or somebody else's is left out.
    """
    wanted = list(dict.fromkeys(ids))
    found = Upload.objects.filter(id__in=wanted, owner=by.pseudonym, state__in=["raw", "ready"])
    held = {i: bytes(raw or data or b"") for i, raw, data in found.values_list("id", "raw", "data")}
    return [held[i] for i in wanted if i in held]
