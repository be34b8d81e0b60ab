"""PLT-02, SEN-01: OGC SensorThings 1.1, as an unmodified client and as the specification's own requests ask it."""

import contextlib
import json

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from anlan.ledger.models import Entry
from anlan.sensing import odata
from anlan.sensing.models import Datastream, Observation, Rejected, Thing
from anlan.sensing.services import doors
from anlan.sensing.terms import Did
from anlan.sensing.tests.devices import gauge, stream

ROOT = "/sta/v1.1"
RIVER = {
    "name": "竹苑河闸前",
    "description": "闸前水尺旁",
    "properties": {"kind": "river", "device": "RV-9", "depth": 4.5, "owner": "水务"},
    "Locations": [
        {"name": "闸前", "description": "", "encodingType": "application/geo+json",
         "location": {"type": "Point", "coordinates": [104.06, 30.67]}},
    ],
    "Datastreams": [
        {
            "name": "闸前水位", "description": "",
            "unitOfMeasurement": {"name": "metre", "symbol": "m", "definition": "ucum:m"},
            "observationType": "http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement",
            "ObservedProperty": {"name": "水位", "definition": "http://example.org/level", "description": ""},
            "Sensor": {"name": "雷达水位计", "description": "", "encodingType": "text/html", "metadata": "手册"},
            "Observations": [{"phenomenonTime": "2026-07-21T03:40:00Z", "result": 1.2}],
        },
    ],
}  # fmt: skip


class Caller:
    """A gateway with its token."""

    def __init__(self, cast, place=None):
        feed = doors.add_feed("水务局平台", place=place or cast.places.community.path, by=cast.city.actor)
        self.headers = {"Authorization": f"Bearer {doors.issue_token(feed.id, by=cast.city.actor)}"}
        self.client = Client()

    def get(self, path, expect=200, **query):
        said = self.client.get(f"{ROOT}/{path}", query, headers=self.headers)
        assert said.status_code == expect, said.content.decode()
        return said.json() if said.content else None

    def send(self, method, path, body=None, expect=201, kind="application/json"):
        said = getattr(self.client, method)(f"{ROOT}/{path}", json.dumps(body), content_type=kind, headers=self.headers)
        assert said.status_code == expect, said.content.decode()
        return said

    def made(self, path, body):
        return self.send("post", path, body)["Location"].split("/v1.1/")[1]


@pytest.fixture
def gateway(cast):
    return Caller(cast)


def test_a_thing_is_made_with_all_that_is_nested_in_it(cast, gateway):
    """OGC 18-088 §10.2: deep insert."""
    where = gateway.made("Things", RIVER)
    thing = Thing.objects.get()
    assert where == f"Things('{thing.id}')"
    assert (thing.kind, thing.device, thing.lon) == ("river", "RV-9", 104.06)
    row = thing.datastreams.get()
    assert (row.unit, row.unit_name, row.property.name, row.sensor.name) == ("m", "metre", "水位", "雷达水位计")
    assert Observation.objects.get().value == 1.2
    assert Entry.objects.filter(did=Did.THING_ADDED, subject_id=thing.id).exists()
    said = gateway.get(
        where, **{"$expand": "Locations,Datastreams($expand=Observations($top=1),ObservedProperty),HistoricalLocations"}
    )
    assert said["@iot.id"] == str(thing.id)
    assert said["properties"]["owner"] == "水务"
    assert said["Locations"][0]["location"]["coordinates"] == [104.06, 30.67]
    assert said["Datastreams"][0]["ObservedProperty"]["name"] == "水位"
    assert said["Datastreams"][0]["Observations"][0]["result"] == 1.2
    assert said["Datastreams"][0]["phenomenonTime"] == "2026-07-21T03:40:00Z/2026-07-21T03:40:00Z"
    assert len(said["HistoricalLocations"]) == 1


def test_observations_come_in_alone_by_a_relation_and_as_data_arrays(gateway):
    """OGC 18-088 §10: one, below its datastream, and CreateObservations; a repeated one is the same one."""
    gateway.made("Things", RIVER)
    row = Datastream.objects.get()
    alone = {"phenomenonTime": "2026-07-21T03:45:00Z", "result": 1.3, "parameters": {"crew": 2},
             "Datastream": {"@iot.id": row.id}}  # fmt: skip
    first, again = gateway.made("Observations", alone), gateway.made("Observations", alone)
    assert first == again
    assert gateway.get(first)["parameters"] == {"crew": 2}
    below = gateway.made(
        f"Datastreams({row.id})/Observations", {"result": "满", "phenomenonTime": "2026-07-21T03:50:00Z"}
    )
    assert gateway.get(below)["result"] == "满"
    arrays = [{
        "Datastream": {"@iot.id": row.id}, "components": ["phenomenonTime", "result"],
        "dataArray": [["2026-07-21T03:55:00Z", 1.4], ["not a time", 1.5], ["2026-07-21T04:00:00Z", 1.6]],
    }]  # fmt: skip
    links = gateway.send("post", "CreateObservations", arrays).json()
    assert [link == "error" for link in links] == [False, True, False]
    assert Rejected.objects.get().door == "sta", "what could not be read lies in the queue"
    assert Observation.objects.count() == 5
    page = gateway.get(
        f"Datastreams({row.id})/Observations", **{"$resultFormat": "dataArray", "$orderby": "phenomenonTime desc"}
    )
    assert page["value"][0]["dataArray"][0][1:3] == ["2026-07-21T04:00:00Z", 1.6]
    feature = gateway.get(f"{first}/FeatureOfInterest")
    assert feature["feature"]["coordinates"] == [104.06, 30.67]
    assert (
        gateway.get(f"FeaturesOfInterest('{feature['@iot.id']}')/Observations", **{"$count": "true"})["@iot.count"] == 5
    )


THINGS_ARE_FILTERED_CASES = [
    ("name eq '竹苑河闸前'", 1), ("name ne '竹苑河闸前'", 1), ("startswith(name,'竹苑河')", 1),
    ("endswith(name,'积水点')", 1), ("substringof('苑', name) and not (name eq '竹苑河闸前')", 1),
    ("properties/depth gt 4", 1), ("properties/depth gt 4.5", 0), ("properties/owner eq '水务'", 1),
    ("properties/owner gt 3", 0), ("Datastreams/ObservedProperty/name eq '水位'", 1),
    ("Datastreams/unitOfMeasurement/symbol eq 'm' or Datastreams/unitOfMeasurement/symbol eq 'cm'", 2),
    ("length(name) add 1 gt 6", 1), ("tolower(concat(name,'X')) eq '竹苑河闸前x'", 1),
    ("st_within(Locations/location, geography'POLYGON((104 30, 105 30, 105 31, 104 31, 104 30))')", 1),
    ("id eq 'nonsense'", 0), ("Datastreams/phenomenonTime lt now() sub duration'P3650D'", 0),
    ("properties/none eq null", 2),
]  # fmt: skip


def test_things_are_filtered(cast, gateway):
    gauge(cast)
    gateway.made("Things", RIVER)
    for where, found in THINGS_ARE_FILTERED_CASES:
        page = gateway.get("Things", **{"$filter": where, "$count": "true", "$select": "name,id"})
        assert page["@iot.count"] == len(page["value"]) == found, where
        assert all(set(one) == {"@iot.selfLink", "@iot.id", "name"} for one in page["value"])


OBSERVATIONS_ARE_FILTERED_CASES = [
    ("result gt 1.25", 2), ("result mul 10 lt 13", 1), ("-result lt -1.35", 1), ("result eq '满'", 1),
    ("phenomenonTime ge 2026-07-21T03:45:00Z and phenomenonTime lt 2026-07-21T04:00:00Z", 2),
    ("minute(phenomenonTime) eq 45", 1), ("phenomenonTime add duration'PT15M' eq 2026-07-21T04:00:00Z", 1),
    ("Datastream/name eq '闸前水位'", 4), ("Datastream/Thing/properties/kind eq 'rain'", 0),
    ("resultTime gt 2026-07-21T04:00:00Z", 1), ("resultQuality eq 'good'", 1), ("result div 0 gt 1", 0),
]  # fmt: skip


def test_observations_are_filtered(gateway):
    river = json.loads(json.dumps(RIVER))
    river["Datastreams"][0]["Observations"] += [
        {"phenomenonTime": "2026-07-21T03:45:00Z", "result": 1.3, "resultTime": "2026-07-21T04:30:00Z"},
        {"phenomenonTime": "2026-07-21T03:50:00+00:00", "result": "满"},
        {"phenomenonTime": "2026-07-21T12:00:00+08:00", "result": 1.4, "resultQuality": "good"},
    ]
    gateway.made("Things", river)
    for where, found in OBSERVATIONS_ARE_FILTERED_CASES:
        assert gateway.get("Observations", **{"$filter": where, "$count": "true"})["@iot.count"] == found, where


WHAT_CANNOT_BE_READ_IS_NAMED_CASES = [
    ({"$filter": "name eq"}, "the end"), ({"$filter": "colour eq 'x'"}, "colour"),
    ({"$filter": "name gt 3"}, "text"),
    ({"$filter": "(name eq 'a'"}, "')'"), ({"$orderby": "name up"}, "asc or desc"), ({"$top": "-1"}, "$top"),
    ({"$expand": "Friends"}, "Friends"), ({"$count": "yes"}, "$count"), ({"$apply": "x"}, "$apply"),
    ({"$filter": "not " * 50 + "(" * 60 + "name eq 'a'" + ")" * 60}, "deep"), ({"$filter": "magic(name)"}, "magic"),
]  # fmt: skip


def test_what_cannot_be_read_is_named(gateway):
    for query, says in WHAT_CANNOT_BE_READ_IS_NAMED_CASES:
        assert says in gateway.get("Things", expect=400, **query)["message"]


def test_pages_lead_on_to_the_next(cast, gateway):
    row = stream(gauge(cast))
    lines = [[f"2026-07-21T03:{n:02}:00Z", n] for n in range(7)]
    body = [{"Datastream": {"@iot.id": row.id}, "components": ["phenomenonTime", "result"], "dataArray": lines}]
    gateway.send("post", "CreateObservations", body)
    seen, at = [], f"{ROOT}/Datastreams({row.id})/Observations?$top=3&$orderby=phenomenonTime%20desc"
    while at:
        page = gateway.client.get(at, headers=gateway.headers).json()
        seen += [one["result"] for one in page["value"]]
        at = page.get("@iot.nextLink")
    assert seen == [6, 5, 4, 3, 2, 1, 0]
    assert gateway.get(f"Datastreams({row.id})/Thing")["name"] == "竹苑路下穿积水点"
    assert gateway.get(f"Datastreams({row.id})/name") == {"name": row.name}
    assert (
        gateway.client.get(f"{ROOT}/Datastreams({row.id})/name/$value", headers=gateway.headers).content.decode()
        == row.name
    )
    assert len(gateway.get("Things/$ref")["value"]) == 1


def test_a_page_with_expands_asks_as_often_for_one_as_for_many(cast, gateway, django_assert_num_queries):
    for n in range(6):
        gauge(cast, name=f"积水点 {n}", lon=104.0, lat=30.0)
    expand = {"$expand": "Locations,Datastreams($expand=Observations($top=2),ObservedProperty,Sensor)"}
    gateway.get("Things", **expand)
    with django_assert_num_queries(8):
        assert len(gateway.get("Things", **expand)["value"]) == 6


def test_entities_change_by_patch_put_and_json_patch_and_leave_by_delete(gateway):
    where = gateway.made("Things", RIVER)
    gateway.send("patch", where, {"description": "换了位置"}, expect=200)
    gateway.send("put", where, {"name": "闸后"}, expect=200)
    gateway.send("patch", where, [{"op": "replace", "path": "/properties/owner", "value": "城管"}], 200,
                 "application/json-patch+json")  # fmt: skip
    said = gateway.get(where)
    assert (said["name"], said["description"], said["properties"]["owner"]) == ("闸后", "换了位置", "城管")
    gateway.send("patch", where, [{"op": "remove", "path": "/no/where"}], 400, "application/json-patch+json")
    spot = gateway.made(
        "Locations", RIVER["Locations"][0] | {"location": {"type": "Point", "coordinates": [104.1, 30.6]}}
    )
    ident = spot.split("'")[1]
    gateway.send("patch", where, {"Locations": [{"@iot.id": ident}]}, expect=200)
    assert Thing.objects.get().lon == 104.1
    assert len(gateway.get(f"{where}/HistoricalLocations")["value"]) == 2
    row = Datastream.objects.get()
    gateway.send("delete", f"Observations('{row.id}-1')", expect=404)
    first = gateway.get("Observations")["value"][0]["@iot.id"]
    assert "不删" in gateway.send("delete", f"Observations('{first}')", expect=409).json()["message"]
    gateway.send("delete", f"Sensors('{row.sensor_id}')", expect=409)
    gateway.send("delete", where, expect=200)
    gateway.get(where, expect=404)
    assert Observation.objects.exists(), "readings outlive their thing"
    assert Entry.objects.filter(did=Did.THING_STOPPED).exists()


A_BAD_INSERT_NAMES_WHERE_AND_LEAVES_NOTHING_CASES = [
    ({"name": ""}, "name"), ({"Locations": [{"name": "x", "encodingType": "geo"}]}, "Locations.0.location"),
    ({"Datastreams": [{"name": "x", "observationType": "y"}]}, "Datastreams.0.unitOfMeasurement"),
    ({"Locations": [{"@iot.id": "nowhere"}]}, "Locations.0.@iot.id"), ({"properties": [1]}, "properties"),
]  # fmt: skip


def test_a_bad_insert_names_where_and_leaves_nothing(gateway):
    for change, field in A_BAD_INSERT_NAMES_WHERE_AND_LEAVES_NOTHING_CASES:
        said = gateway.send("post", "Things", RIVER | change, expect=422).json()
        assert field in said["errors"]
        assert not Thing.objects.exists()


def test_a_token_sees_and_touches_only_what_stands_at_its_place(cast, gateway):
    """Wrong place hidden; wrong token 401; a session may read, not write; no session 401."""
    far = Caller(cast, cast.places.street.path)
    gateway.made("Things", RIVER)
    row = Datastream.objects.get()
    row.thing.datastreams.update(place_path=cast.places.street.path)
    Thing.objects.update(place_path=cast.places.street.path)
    assert gateway.get("Things")["value"] == []
    gateway.get(f"Datastreams({row.id})", expect=404)
    gateway.send("post", "Observations", {"result": 1, "Datastream": {"@iot.id": row.id}}, expect=422)
    assert len(far.get("Things")["value"]) == 1
    gateway.headers = {"Authorization": "Bearer wrong"}
    gateway.get("Things", expect=401)
    signed = cast.client("city")
    assert signed.get(f"{ROOT}/Things").json()["value"]
    assert signed.post(f"{ROOT}/Things", "{}", content_type="application/json").status_code == 403
    assert Client().get(f"{ROOT}/Things").status_code == 401
    assert "conformance" in signed.get(ROOT).json()["serverSettings"]


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.text(alphabet="abn()'/,;=$ 019-:TZ竹", max_size=40),
    st.sampled_from(["$filter", "$expand", "$orderby", "$select"]),
)
def test_no_option_breaks_the_reader(text, name):
    with contextlib.suppress(odata.Unreadable):
        odata.options({name: text})
