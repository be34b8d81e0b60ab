"""One instruction of each kind, as a duty officer of the invented city would send them on the day of the storm."""

import datetime as dt

from anlan.callout.models import Call
from anlan.callout.services import calls, instructions
from anlan.callout.terms import INSTRUCTIONS, WORK, Directive, Draft
from anlan.kernel import clock
from anlan.kernel.authority import Actor
from anlan.people.terms import Targeting
from anlan.places import queries as places

# kind, level, title, what is said, roles, hours until the result is due
ORDERS: tuple[tuple[str, str, str, str, tuple[str, ...], int], ...] = (
    (Directive.NOTICE, "", "今晚值班电话改了", "今晚值班电话改为 0000-12345，夜里打这个。", ("community_duty",), 0),
    (Directive.REMINDER, "", "明后天有大雨", "留意低洼处，提醒住一楼的人收好东西。", ("grid_worker",), 0),
    (Directive.TASK, "yellow", "查一遍低洼院子", "雨来以前，把低洼院子、地下室都看一遍。", ("grid_worker",), 6),
    (Directive.COMMAND, "orange", "封住下穿通道", "马上封住积水的下穿通道，派人看守。", ("street_duty",), 2),
)


def send(by: Actor) -> int:
    """Send one of each to the first district, if no instruction was ever sent here. Returns how many.

    The orange command waits for its second person: whoever takes the approver's seat may let it go.
    """
    if Call.objects.filter(directive__in=INSTRUCTIONS).exists():
        return 0
    district = places.visible(by).filter(level="district").order_by("path").values_list("path", flat=True).first()
    if district is None:
        return 0
    for kind, level, title, body, roles, hours in ORDERS:
        due = clock.now() + dt.timedelta(hours=hours) if kind in WORK else None
        draft = Draft(
            title, body, Targeting((district,), roles=roles), level=level, hazard="暴雨", directive=kind,
            result_due=due, copies=True, by_role=True,
        )  # fmt: skip
        made = instructions.prepare(draft, by=by)
        (calls.submit if calls.needs_second(made) else calls.start)(made.id, by=by)
    return len(ORDERS)
