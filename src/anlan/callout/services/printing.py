"""Printing a list takes persons' numbers out of the house: the ledger keeps who did, for whom, and why."""

from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from anlan.callout import carriers
from anlan.callout.carriers import tuning
from anlan.callout.carriers.printed import sheet
from anlan.callout.queries import printing as queries
from anlan.callout.services import channels
from anlan.callout.terms import Did
from anlan.kernel import clock
from anlan.kernel.authority import Actor, Invalid
from anlan.ledger import services as ledger
from anlan.places import queries as places

REASON_LEAST = 2  # characters


@transaction.atomic
def call_list(call_id: UUID, *, at: str, by: Actor, door: bool, whole: bool = False, reason: str = "") -> bytes:
    """Return the PDF of who has not answered; records who printed how many, whole numbers with their reason.

    Raises Hidden, Refused (whole numbers without `people.reveal`), Invalid (whole numbers without a reason).
    """
    call, at = queries.call_at(call_id, at, by)
    if whole and len(reason.strip()) < REASON_LEAST:
        raise Invalid({"reason": _("写明为什么要印全号码，至少 2 个字，比如「断网，上门叫人」")})
    rows = queries.listed(call, at=at, by=by, door=door, whole=whole)
    where = places.names([at]).get(at, "")
    ledger.record(
        Did.PRINTED, call, by=by, place_path=at, count=len(rows), phones="whole" if whole else "masked", door=door,
        private={"reason": reason.strip()} if whole else None,
    )  # fmt: skip
    fields = getattr(carriers.discover()["printed"], "fields", ())
    font = str(tuning.opened(fields, channels.settings_of("printed"))["font"] or "")
    title = _("上门名单：%s") if door else _("没应的人：%s")
    number = _("第 %d 次叫应") % call.serial if call.serial else ""
    drill = _("演练。") if call.drill else ""
    said = sheet.Words(
        title=drill + title % call.title,
        subtitle="　".join(part for part in (where, number, _("%d 人") % len(rows), settings.CITY_NAME) if part),
        columns=("", _("姓名"), _("岗位"), _("电话"), _("几点叫到"), _("谁叫到的")),
        footer=_("内部使用，用完收回销毁。打印人：%s") % by.name,
        page=_("第 {page} 页，共 {pages} 页"),
        people=_("{count} 人"),
        again=_("接上页"),
        empty=_("名单是空的：每个人都应了。"),
    )
    lines = [sheet.Row(r.group, r.name, r.post, r.phone, _("空号") if r.dead else "") for r in rows]
    return sheet.render(lines, said, at=clock.local(clock.now()), font=font)
