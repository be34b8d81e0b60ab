"""Photos of a report: judged as any upload is, kept as harmless copies."""

import hashlib
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext as _

from anlan.fieldwork.services import uploads
from anlan.incidents.models import Photo, Report
from anlan.kernel import pictures
from anlan.kernel.authority import Actor, Invalid
from anlan.kernel.ids import uuid7

Clean = Sequence[pictures.Picture]
clean_all = uploads.clean_all


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


def hang(report: UUID, file: Any, *, by: UUID) -> int | None:
    """Hang a file that fieldwork has drawn anew (its Upload) on a report: 1, 0 where the picture is there already.

    None where the report would hold too many; `by` is the pseudonym of who sent it.
    """
    there = Photo.objects.filter(report=report)
    digest = hashlib.sha256(bytes(file.data)).digest()
    if there.filter(digest=digest).exists():
        return 0
    if there.count() >= settings.PHOTOS_MOST * 3:
        return None
    Photo.objects.create(
        id=uuid7(), report_id=report, data=file.data, thumb=file.thumb, width=file.width, height=file.height,
        digest=digest, added_by=by,
    )  # fmt: skip
    return 1
