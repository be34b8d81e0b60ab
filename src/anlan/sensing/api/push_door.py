"""POST /sensing/push: a vendor's own payload, read by the feed's mapping; or counts and events of gates and cameras."""

from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse, RawPostDataException
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from anlan.kernel.authority import Invalid
from anlan.sensing.api import batch_door
from anlan.sensing.services import feeding

SHOWN = 100


@csrf_exempt  # a gateway has no session: it proves itself by its token
@login_not_required
@require_POST
def push(request: HttpRequest) -> HttpResponse:
    """Take one payload: 200 with what became of it, 401, 403 (SEN-05), 413, 422 (nothing could be kept)."""
    try:
        feed = batch_door.entered({"authorization": request.headers.get("Authorization", "")})
    except batch_door.Unknown:
        return _no(401, _("令牌不对，或这个来源停用了"))
    most = settings.SENSING_BATCH_MB
    if int(request.headers.get("Content-Length") or 0) > most * 2**20:
        return _no(413, _("一次最多 {most} MB（解压后），请分开送").format(most=f"{most:g}"))
    try:
        made = feeding.push(feed, request.body)
    except RawPostDataException:
        return _no(422, _("读不到内容"))
    except feeding.Unwanted:
        return _no(403, _("门禁、视频的次数和事件在这里不收：没有打开，或者没有备案用途"))
    except Invalid as wrong:
        return _no(422, str(wrong))
    answer: dict[str, Any] = {
        "taken": made.taken.new, "same": made.taken.same, "changed": made.taken.changed, "unknown": made.unknown,
        "rejected": [{"line": b.line, "field": b.field, "reason": _(b.reason)} for b in made.bad[:SHOWN]],
        "rejected_count": len(made.bad),
    }  # fmt: skip
    nothing = made.bad and not (made.taken.new or made.taken.same or made.taken.changed or made.unknown)
    if nothing:
        answer |= {"code": "invalid", "message": answer["rejected"][0]["reason"]}
    return JsonResponse(answer, status=422 if nothing else 200)


def _no(status: int, words: str) -> HttpResponse:
    return JsonResponse({"error": words, "code": "invalid", "message": words}, status=status)
