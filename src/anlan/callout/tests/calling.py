"""A call that runs, over carriers that are set up as an administrator would."""

from anlan.callout.carriers import discover, tuning
from anlan.callout.models import Carrier, Obligation, Policy, Receipt
from anlan.callout.services import calls, channels, fanout, handing, policies
from anlan.callout.terms import Draft
from anlan.people.terms import Targeting

SECRET = "loopback-secret"
SMS = {"key": "anlan", "secret": SECRET, "signature": "安澜应急", "template_first": "SMS_1", "with_link": "on"}
VOICE = {"key": "anlan", "secret": SECRET}


def set_up(name, **form):
    """Switch a carrier on with the settings of a form."""
    channels.rows()
    settings = tuning.admit(discover()[name].fields, form, {})
    Carrier.objects.filter(name=name).update(settings=settings, enabled=True)


def go_by(cast, *group, level="yellow"):
    """Let the calls of a level go by one group of carriers, all of them on."""
    channels.rows()
    Carrier.objects.filter(name__in=group).update(enabled=True)
    old = Policy.objects.get(code=level, current=True)
    policies.change(level, old.body | {"send": [list(group)]}, by=cast.admin.actor, version=old.version)


def start(cast, *, by=None, paths=None, exercise=None, level="yellow", **more):
    """Prepare and start a call; the first round is not yet handed over."""
    by = by or cast.city.actor
    where = paths or (cast.places.city.path,)
    words = {"title": "暴雨黄色预警", "body": "查看低洼处，叫醒独居的人。", **more}
    draft = Draft(targeting=Targeting(paths=tuple(where)), level=level, exercise=exercise, **words)
    return calls.start(calls.prepare(draft, by=by).id, by=by)


def hand_over(call, group=0):
    """Hand the first round over, by one group of carriers."""
    return handing.first(call.id, fanout.bound(call, 0), fanout.bound(call, 5000), group, again=False)


def owed(call, member):
    """Return a person's obligation in a call."""
    return Obligation.objects.get(call_id=call.id, person_id=member.person.id, part="self")


def receipt(obligation):
    """Return the first attempt at a person."""
    return Receipt.objects.get(id=obligation.id)
