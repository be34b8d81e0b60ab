"""Photos of a report: judged by their content, kept as harmless copies."""

import hashlib
from collections.abc import Sequence

from django.conf import settings
from django.utils.translation import gettext as _

from anlan.incidents.models import Photo, Report
from anlan.kernel import pictures
from anlan.kernel.authority import Actor, Invalid
from anlan.kernel.ids import uuid7

Clean = Sequence[pictures.Picture]


def clean_all(files: Sequence[bytes]) -> list[pictures.Picture]:
    """Return harmless copies. Raises Invalid that says which photo is wrong, and what was expected."""
    if len(files) > settings.PHOTOS_MOST:
        raise Invalid({"photos": _("一次最多 {most} 张照片，现在有 {count} 张").format(
            most=settings.PHOTOS_MOST, count=len(files))})  # fmt: skip
    made, wrong = [], []
    for number, content in enumerate(files, 1):
        try:
            made.append(pictures.clean(content, most=settings.PHOTO_MB * 2**20))
        except pictures.Unfit as error:
            wrong.append(_why(number, error.reason))
    if wrong:
        raise Invalid({"photos": "；".join(wrong)})
    return made


def _why(number: int, reason: str) -> str:
    said = {
        "size": _("第 {number} 张太大，最多 {most} MB"),
        "pixels": _("第 {number} 张像素太多，重新拍一张"),
        "broken": _("第 {number} 张坏了，打不开，重新拍一张"),
    }.get(reason, _("第 {number} 张不是照片（只收 JPEG、PNG、WebP），文字已经留着"))
    return said.format(number=number, most=settings.PHOTO_MB)


def keep(report: Report, clean: Clean, *, by: Actor) -> int:
    """Keep the copies; the same picture twice is one. Raises Invalid where the report would hold too many."""
    rows = [
        Photo(
            id=uuid7(), report=report, data=one.data, thumb=one.thumb, width=one.width, height=one.height,
            digest=hashlib.sha256(one.data).digest(), added_by=by.pseudonym,
        )
        for one in clean
    ]  # fmt: skip
    there = Photo.objects.filter(report=report).count()
    if rows and there + len(rows) > settings.PHOTOS_MOST * 3:
        raise Invalid({"photos": _("这条报告已经有 {count} 张照片，不能再加").format(count=there)})
    Photo.objects.bulk_create(rows, ignore_conflicts=True)
    return Photo.objects.filter(report=report).count() - there
