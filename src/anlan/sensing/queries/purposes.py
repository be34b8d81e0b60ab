"""Purposes on record for gates and cameras (SEN-05)."""

import datetime as dt
from uuid import UUID

from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext as _

from anlan.kernel import authority
from anlan.kernel.authority import Actor, Hidden
from anlan.kernel.clock import local, now
from anlan.places import queries as places
from anlan.sensing.models import Purpose
from anlan.sensing.terms import Can


def today() -> dt.date:
    """Return the day of the city's clock."""
    return local(now()).date()


def running() -> Q:
    """Return the condition that a purpose holds today."""
    return Q(ended_at=None, until__gte=today())


def purposes(*, by: Actor, state: str = "running") -> QuerySet[Purpose]:
    """Return the purposes of the actor's places: those that hold, or with "all" the ended ones too, newest first."""
    scopes = [*authority.scopes(by, Can.SEE), *authority.scopes(by, Can.PURPOSE)]
    found = Purpose.objects.filter(places.under(scopes, "place_path"))
    if state == "running":
        found = found.filter(running())
    return found.order_by(F("ended_at").desc(nulls_first=True), "until", "id")


def lock(purpose_id: UUID, *, by: Actor) -> Purpose:
    """Lock a purpose for a change. Raises Hidden."""
    found = purposes(by=by, state="all").select_for_update(of=("self",)).filter(id=purpose_id).first()
    if found is None:
        raise Hidden(_("没有这条备案"))
    return found
