"""Instructions before they start: kept as a draft, changed, copied from an earlier one."""

from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from anlan.callout.models import Call
from anlan.callout.services import calls, policies
from anlan.callout.terms import INSTRUCTIONS, CallState, Can, Did, Draft
from anlan.kernel import authority, paths
from anlan.kernel.authority import Actor, Conflict
from anlan.ledger import services as ledger


def prepare(draft: Draft, *, by: Actor) -> Call:
    """Keep an instruction as a draft. Raises Refused, Invalid field by field."""
    if draft.directive not in INSTRUCTIONS:
        raise authority.Invalid({"directive": _("指令只有通知、提醒、任务、命令四种")})
    values = {name: getattr(draft, name) for name in Draft.__slots__}
    return calls.prepare(Draft(**values | {"hold": True, "sender_path": sender(draft, by)}), by=by)


def sender(draft: Draft, by: Actor) -> str:
    """Return from where it is sent: the deepest place where the actor may prepare all that it reaches; "" from above.

    Between there and the targets stand those who get a copy.
    """
    scopes = authority.scopes(by, Can.PREPARE)
    over = [s for s in scopes if all(paths.contains(s, path) for path in draft.targeting.paths)]
    return max(over, key=len, default="")


@transaction.atomic
def revise(call_id: UUID, draft: Draft, *, by: Actor) -> Call:
    """Change an instruction that is still a draft. Raises Hidden, Refused, Conflict (it was sent on), Invalid."""
    call = calls.lock(call_id, by=by)
    for path in (*draft.targeting.paths, call.place_path):
        authority.require(by, Can.PREPARE, at=path)
    if call.directive not in INSTRUCTIONS or call.state != CallState.DRAFT:
        raise Conflict(_("只有还没发、也没送审的指令能改；送审了的，请审批人退回来"))
    values = {name: getattr(draft, name) for name in Draft.__slots__}
    held = Draft(**values | {"hold": True, "sender_path": sender(draft, by)})
    calls.check(held)
    for name, value in calls.worded(held, policies.choose(held)).items():
        setattr(call, name, value)
    call.save()
    ledger.record(
        Did.REVISED, call, by=by, title=call.title, level=call.level, directive=call.directive, policy=call.policy_code,
        targeting=call.targeting,
    )  # fmt: skip
    return call
