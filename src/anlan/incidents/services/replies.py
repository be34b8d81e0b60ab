"""A reply to a short message that is no answer but news («报 柳荫路积水») becomes a report by one button."""

import re
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from anlan.callout.queries import unplaced as queue
from anlan.callout.services import gateways, unplaced
from anlan.incidents.models import Report
from anlan.incidents.services.reporting import report
from anlan.incidents.terms import Can, How, Said
from anlan.kernel import authority
from anlan.kernel.authority import Actor, Conflict
from anlan.people import queries as people

_LEAD = re.compile(r"^\s*报[告：:，, ]+")


@transaction.atomic
def from_reply(identifier: UUID, *, by: Actor) -> Report:
    """Turn an unmatched reply into a report, and settle it in its queue. Raises Hidden, Refused, Conflict."""
    row = queue.get(identifier, by)
    event = gateways.opened(row)
    words = _LEAD.sub("", str(event.get("text") or "")) if isinstance(event, dict) else ""
    if not words.strip():
        raise Conflict(_("这条没有文字，不能当情况报上去"))
    if row.place_path:
        authority.require(by, Can.VERIFY, at=row.place_path)
    number = str(event.get("from") or "")[:40]
    said = Said(text=words, client=row.id, how=How.REPLY, place=row.place_path, happened_at=row.at, caller=number)
    owners = people.owners_of([number]).get(number, [])
    made = report(said, by=by, seen_by=owners[0] if len(owners) == 1 else None)  # a shared line tells nobody
    unplaced.settle(identifier, "reported", by=by)
    return made
