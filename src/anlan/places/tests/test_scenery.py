"""RSK-03 in part: rivers and roads lie under the places of a map, cut to its box, the river first."""

import pytest
import shapely

from anlan.kernel.authority import Actor, Invalid, Refused, machine
from anlan.places import queries, services

pytestmark = pytest.mark.django_db
RIVER = shapely.to_wkb(shapely.LineString([(110, 30), (111, 30.2), (114, 30)]))
ROAD = shapely.to_wkb(shapely.LineString([(111.2, 29), (111.2, 31)]))
FAR = shapely.to_wkb(shapely.LineString([(100, 20), (101, 21)]))


def test_what_touches_the_box_is_drawn_and_cut_to_it():
    services.load_scenery([("road", "", ROAD), ("river", "澜江", RIVER), ("road", "", FAR)], by=machine("test"))
    drawn = queries.around([shapely.box(110.5, 29.5, 112, 30.5)])
    assert [(f["properties"]["kind"], f["properties"]["name"]) for f in drawn] == [("river", "澜江"), ("road", "")]
    assert min(x for x, _y in drawn[0]["geometry"]["coordinates"]) >= 110.5
    assert queries.around([]) == []


def test_only_an_importer_loads_and_only_what_is_drawn():
    with pytest.raises(Refused):
        services.load_scenery([("road", "", ROAD)], by=Actor("x"))
    with pytest.raises(Invalid, match="lake"):
        services.load_scenery([("lake", "", ROAD)], by=machine("test"))
