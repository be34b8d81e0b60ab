"""The settings of everything that is asked quietly: one row, changed as a whole."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from anlan.callout import asking
from anlan.callout.models import Asking
from anlan.callout.terms import Can, Did
from anlan.kernel.authority import Actor, Conflict, Invalid
from anlan.kernel.clock import now
from anlan.ledger import services as ledger
from anlan.people import queries as people

NAME = "asking"


def settings() -> dict[str, Any]:
    """Return the settings as they stand: what was changed over what asking.SETTINGS gives."""
    kept = Asking.objects.filter(name=NAME).values_list("body", flat=True).first() or {}
    return {**asking.SETTINGS, **kept}


def version() -> int:
    """Return the number of the settings' version; 0 while nobody has changed them."""
    return Asking.objects.filter(name=NAME).values_list("version", flat=True).first() or 0


@transaction.atomic
def change(body: Mapping[str, Any], *, by: Actor, version: int) -> None:
    """Replace the settings. Raises Refused, Invalid field by field, Conflict where another changed them meanwhile."""
    people.require_roots(by, Can.POLICY)
    if wrong := asking.check(body):
        raise Invalid({name: _("这样写：%s") % like for name, like in wrong.items()})
    row = Asking.objects.select_for_update().get_or_create(name=NAME, defaults={"version": 0})[0]
    if row.version != version:
        raise Conflict(_("别人刚改过这些设置，请看了新的再改"))
    row.body, row.version = {name: body[name] for name in asking.SETTINGS}, version + 1
    row.changed_at, row.changed_by = now(), by.pseudonym
    row.save()
    ledger.record(Did.ASKING_CHANGED, row, by=by, body=row.body)
