"""PLT-02: frost-sta-client, unmodified, drives the SensorThings door over HTTP."""

import datetime as dt

import frost_sta_client as fsc
import pytest
import requests
from django.test import Client
from frost_sta_client.model.ext.data_array_document import DataArrayDocument
from frost_sta_client.model.ext.data_array_value import DataArrayValue
from frost_sta_client.model.ext.unitofmeasurement import UnitOfMeasurement
from geojson import Point

from anlan.sensing.models import Observation, Thing
from anlan.sensing.services import doors
from anlan.web.tests.serving import served

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore:furl.pathstr is deprecated")]
START = dt.datetime(2026, 7, 21, 3, 40, tzinfo=dt.UTC)


def test_frost_sta_client_makes_reads_changes_and_leaves(live_db, cast):
    feed = doors.add_feed("水务局平台", place=cast.places.community.path, by=cast.city.actor)
    token = doors.issue_token(feed.id, by=cast.city.actor)
    with served() as here:
        service = fsc.SensorThingsService(f"{here}/sta/v1.1", auth_handler=fsc.AuthHandler("gateway", token))
        thing = fsc.Thing(name="竹苑河", description="闸前", properties={"kind": "river"})
        thing.locations = [fsc.Location("闸前", "", "application/geo+json", location=Point((104.06, 30.67)))]
        service.create(thing)
        level = fsc.ObservedProperty(name="水位", definition="http://example.org/level", description="")
        service.create(level)
        sensor = fsc.Sensor("雷达水位计", "", "text/html", metadata="手册")
        service.create(sensor)
        stream = fsc.Datastream(
            name="闸前水位", description="", observation_type="OM_Measurement",
            unit_of_measurement=UnitOfMeasurement(name="metre", symbol="m", definition="ucum:m"),
            thing=thing, sensor=sensor, observed_property=level, properties={},
        )  # fmt: skip
        service.create(stream)
        for n in range(3):
            at = START + dt.timedelta(minutes=5 * n)
            service.create(fsc.Observation(phenomenon_time=at.isoformat(), result=1.0 + n / 10, datastream=stream))

        values = DataArrayValue()
        values.datastream = fsc.Datastream(id=stream.id)
        values.components = {values.Property.PHENOMENON_TIME, values.Property.RESULT}
        for n in range(3, 6):
            at = START + dt.timedelta(minutes=5 * n)
            values.add_observation(
                fsc.Observation(phenomenon_time=at.isoformat(), result=1.0 + n / 10, datastream=values.datastream)
            )
        document = DataArrayDocument()
        document.add_data_array_value(values)
        service.observations().create(document)

        found = service.things().find(thing.id)
        assert (found.name, found.properties) == ("竹苑河", {"kind": "river"})
        rows = service.observations().query().filter("result gt 1.05").orderby("phenomenonTime", "desc").top(2).list()
        assert [row.result for row in rows] == [1.5, 1.4, 1.3, 1.2, 1.1], "the list follows the next links"
        streams = service.datastreams().query().expand("Thing,Observations($top=1)").count().list()
        assert streams.count == 1
        assert streams.get(0).thing.name == "竹苑河"
        found.name = "竹苑河闸前"
        service.update(found)
        assert Thing.objects.get().name == "竹苑河闸前"
        service.patch(found, [{"op": "replace", "path": "/description", "value": "闸后"}])
        assert service.things().find(thing.id).description == "闸后"
        service.delete(found)
        with pytest.raises(requests.HTTPError):
            service.things().find(thing.id)
        wrong = fsc.SensorThingsService(f"{here}/sta/v1.1", auth_handler=fsc.AuthHandler("gateway", "guess"))
        with pytest.raises(requests.HTTPError):
            wrong.things().query().list()
    assert Observation.objects.count() == 6
    assert Client().get("/sta/v1.1/Things").status_code == 401
