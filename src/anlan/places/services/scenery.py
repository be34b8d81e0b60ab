"""Rivers and roads under the maps: loaded whole, drawn by whoever looks."""

from collections.abc import Iterable

import shapely
from django.db import connection, transaction
from django.utils.translation import gettext as _

from anlan.kernel import authority
from anlan.kernel.authority import Actor, Invalid
from anlan.kernel.ids import uuid7s
from anlan.ledger import services as ledger
from anlan.places import terms
from anlan.places.models import Place


@transaction.atomic
def load_scenery(lines: Iterable[tuple[str, str, bytes]], *, by: Actor) -> int:
    """COPY (kind, name, WKB in WGS-84) rows in. Returns how many. Raises Refused, Invalid (a kind nobody draws)."""
    authority.require(by, terms.Can.IMPORT, at="")
    rows = list(lines)
    if strange := {kind for kind, _name, _shape in rows} - set(terms.SCENERY):
        raise Invalid({"kind": _("只画 river 和 road，没有 {kinds}").format(kinds="、".join(sorted(strange)))})
    shapes = shapely.from_wkb([shape for _kind, _name, shape in rows])
    bounds, lengths = shapely.bounds(shapes), shapely.length(shapes)
    with (
        connection.cursor() as cursor,
        cursor.copy("COPY places_scenery (id, kind, name, west, south, east, north, length, shape) FROM STDIN") as copy,
    ):
        for key, (kind, name, shape), box, length in zip(uuid7s(len(rows)), rows, bounds, lengths, strict=True):
            copy.write_row((key, kind, name, *map(float, box), float(length), shape))
    top = Place.objects.order_by("path").first()
    if top is not None:
        ledger.record(terms.Did.LOADED, top, by=by, scenery=len(rows))
    return len(rows)
