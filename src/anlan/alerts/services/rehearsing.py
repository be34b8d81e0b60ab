"""A prepared call is turned into an exercise: same people, same words, no real telephone."""

from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from anlan.callout.services import calls
from anlan.callout.terms import CallState, Draft, Kind
from anlan.kernel.authority import Actor, Conflict
from anlan.people.terms import Targeting

WAITING = frozenset({CallState.DRAFT, CallState.AWAITING, CallState.APPROVED})


@transaction.atomic
def rehearse(call_id: UUID, *, by: Actor) -> UUID:
    """Drop a call that has not started and prepare it anew as an exercise. Returns the new call's id.

    The exercise is an affair of its own and answers no alert: what the real warning asks for is still owed, and no
    update of that warning can take the exercise over and so become one itself. Raises Hidden, Refused, Conflict.
    """
    call = calls.lock(call_id, by=by)
    if call.state not in WAITING:
        raise Conflict(_("已经发出或者已经不发了，不能再改成演练"))
    if call.drill:
        raise Conflict(_("这份已经是演练"))
    if call.kind not in {Kind.FIRST, Kind.CHANGE}:
        raise Conflict(_("解除和取消的通知不能改成演练"))
    calls.cancel(call.id, _("改成演练，真的这份不发"), by=by, tell=False)
    made = calls.prepare(
        Draft(
            title=call.title, body=call.body, targeting=Targeting.from_json(call.targeting), level=call.level,
            hazard=call.hazard, policy=call.policy_code, status="exercise", instructions=call.instructions,
            place_path=call.place_path,
        ),
        by=by,
    )  # fmt: skip
    return made.id
