"""PLT-05: what /api/v1 says of itself is true: no input makes a 5xx, no answer differs from its schema."""

import json

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import response_schema_conformance

from anlan.alerts.models import Alert
from anlan.alerts.services import take
from anlan.alerts.tests.samples import cap, info
from anlan.callout.services import calls
from anlan.callout.terms import Draft
from anlan.hazards.tests.finding import assigned
from anlan.incidents import services as incidents
from anlan.incidents.terms import Said
from anlan.kernel.authority import machine
from anlan.people.terms import Targeting
from anlan.places.models import Place
from anlan.sensing.tests.alarming import raised
from anlan.web.api import api
from anlan.web.tests.story import Weather
from anlan.web.wsgi import application

pytestmark = pytest.mark.story

TOKEN = "k" * 32  # double-submitted, as Django's CSRF check wants it
SCHEMA = schemathesis.openapi.from_dict(json.loads(json.dumps(api.get_openapi_schema(), default=str)))


def here(environ, start):
    """The application as a server on loopback calls it."""
    return application(environ | {"REMOTE_ADDR": "127.0.0.1"}, start)


SCHEMA.app = here
OPERATIONS = {f"{each.ok().method.upper()} {each.ok().path}": each.ok() for each in SCHEMA.get_all_operations()}
KNOWN = "519901001"


@pytest.fixture
def kept_open():
    """A server closes its connection after each request; a test's transaction lives on one."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operation_keeps_its_word(cast, kept_open, name):
    intake = take(cap(info(codes=("519901",), expires="2099-01-01T00:00:00+08:00")), by=machine("test"))
    alert = Alert.objects.get(intake=intake)
    report = incidents.report(Said(text="7 栋楼下积水"), by=cast.grid.actor)
    hazard, alarm = assigned(cast), raised(cast.places.grid)
    draft = Draft("暴雨", "查积水点", Targeting((cast.places.city.path,)), level="yellow")
    call = calls.prepare(draft, by=cast.city.actor)
    operation, seen, last, token = OPERATIONS[name], set(), [], Weather().token
    clients = [cast.client(who) for who in ("admin", "district", "grid", "city")]
    places = Place.objects.count()

    @settings(max_examples=25, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy(), who=st.integers(0, 3), real=st.booleans(), plain=st.booleans())
    def tried(case, who, real, plain):
        ids = {"person_id": cast.grid.person.id, "post_id": cast.grid.post.id, "holding_id": cast.grid.holding.id,
               "place_id": cast.places.grid.pk, "code": KNOWN, "alert_id": alert.id,
               "report_id": report.id, "hazard_id": hazard.id, "alarm_id": alarm.id, "call_id": call.id,
               "stream_id": alarm.stream_id,
               "measure": "rectified"}  # fmt: skip
        if real and case.path_parameters:  # half of them about a thing that is there
            case.path_parameters |= {k: str(v) for k, v in ids.items() if k in case.path_parameters}
            case.query = {} if plain and operation.method == "get" else case.query
        if real and isinstance(case.body, dict) and isinstance(case.body.get("whom"), dict):
            case.body["whom"]["paths"] = [cast.places.city.path]
        cookies = {"sessionid": clients[who].cookies["sessionid"].value, "csrftoken": TOKEN}
        headers = {"X-CSRFToken": TOKEN, "Authorization": f"Bearer {token}"}
        response = case.call(base_url="http://localhost/", cookies=cookies, headers=headers)
        seen.add(response.status_code)
        last.append(response)
        case.validate_response(response, checks=[not_a_server_error, response_schema_conformance])

    tried()
    assert seen & {200, 201, 404, 422}, (seen, last[-1].text[:300])  # it got past the door
    if operation.method == "get":
        assert 200 in seen, seen
    assert name == "POST /api/v1/places" or Place.objects.count() == places


def test_every_operation_is_tried():
    assert len(OPERATIONS) >= 18
    assert "POST /api/v1/alerts/intake" in OPERATIONS
