"""SensorThings changes: what a body names is changed; things and datastreams are put out of use, never deleted."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import ProtectedError
from django.utils.translation import gettext as _

from anlan.kernel.authority import Conflict, Invalid
from anlan.kernel.clock import now
from anlan.ledger import services as ledger
from anlan.sensing.models import FeatureOfInterest
from anlan.sensing.services.sta import named, several, stand
from anlan.sensing.services.sta_observations import Door, moment
from anlan.sensing.terms import Did


@transaction.atomic
def patch(kind: str, row: Any, body: Mapping[str, Any], *, door: Door) -> Any:
    """Change what the body names. Raises Invalid; Conflict for observations, which are kept as they came."""
    if kind == "Observations":
        raise Conflict(_("读数收下以后不改；有疑问的在读数页面上标记"))
    changed = _fill(kind, row, body)
    if any(isinstance(getattr(row, c), str) and not getattr(row, c) for c in changed if c in {"name", "encoding"}):
        raise Invalid({"name": _("不能空着")})
    row.save(update_fields=changed)
    if kind == "Things":
        spots = [
            named("Locations", one["@iot.id"], where, door)
            for one, where in several(body, "Locations") if isinstance(one, Mapping) and "@iot.id" in one
        ]  # fmt: skip
        if spots:
            stand(row, spots, door)
    if kind == "Locations" and "location" in changed:
        FeatureOfInterest.objects.filter(location=row).update(feature=row.location)
        for thing in row.things.all():
            stand(thing, [row], door)
    if kind in {"Things", "Datastreams"}:
        thing = row if kind == "Things" else row.thing
        ledger.record(Did.THING_CHANGED, thing, by=door.by, name=thing.name, what="、".join(changed))
    return row


def _fill(kind: str, row: Any, body: Mapping[str, Any]) -> list[str]:
    """Set what the body names; return the columns that were."""
    plain = {"name": "name", "description": "description", "encodingType": "encoding", "definition": "definition",
             "observationType": "observation_type", "metadata": "metadata", "location": "location",
             "feature": "feature", "properties": "properties"}  # fmt: skip
    changed = []
    for said, column in plain.items():
        if said in body and hasattr(row, column):
            setattr(row, column, body[said] if body[said] is not None else "")
            changed.append(column)
    if kind == "Datastreams" and isinstance(body.get("unitOfMeasurement"), Mapping):
        unit = body["unitOfMeasurement"]
        row.unit, row.unit_name = str(unit.get("symbol") or "")[:24], str(unit.get("name") or "")[:60]
        row.unit_definition = str(unit.get("definition") or "")[:200]
        changed += ["unit", "unit_name", "unit_definition"]
    if kind == "HistoricalLocations" and "time" in body:
        row.time = moment(body["time"], "time")
        changed.append("time")
    return changed


@transaction.atomic
def remove(kind: str, row: Any, *, door: Door) -> None:
    """Take an entity away. Things and datastreams are put out of use: their readings are kept. Raises Conflict."""
    if kind == "Observations":
        raise Conflict(_("读数收下以后不删；有疑问的在读数页面上标记"))
    if kind in {"Things", "Datastreams"}:
        row.stopped_at = now()
        row.save(update_fields=["stopped_at"])
        thing = row if kind == "Things" else row.thing
        ledger.record(Did.THING_STOPPED, thing, by=door.by, name=row.name, opinion="SensorThings DELETE")
        return
    try:
        row.delete()
    except ProtectedError as error:
        raise Conflict(_("还有数据流用着它，不能删")) from error
