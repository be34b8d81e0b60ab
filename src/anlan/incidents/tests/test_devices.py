"""SEN-03, SEN-04: a real alarm becomes an event with what people reported near it; a grave one proposes a notice."""

import pytest

from anlan.alerts.models import Notice
from anlan.alerts.services import from_alarms
from anlan.incidents.models import Incident, Report
from anlan.incidents.services import devices
from anlan.incidents.tests.saying import say
from anlan.ledger import services as ledger
from anlan.sensing.models import Alarm
from anlan.sensing.queries import alarms
from anlan.sensing.services import verifying
from anlan.sensing.tests.alarming import raised

SMOKE = "3 栋楼道冒烟，烟感在响"


def real(cast, **values):
    """Return a real alarm as higher contexts are told of it."""
    values = {"kind": "smoke", "measures": "smoke", "name": "3 栋烟感", "level": 3} | values
    alarm = raised(cast.places.grid, **values)
    verifying.verify(alarm.id, "real", "楼道冒烟，有人在灭", by=cast.grid.actor)
    return alarms.real([alarm.id])[0]


def test_it_becomes_an_event_once(db, cast):
    """SEN-03: the alarm is a source of the incident, T0 is its own; what people said near it is folded in."""
    heard = say(cast.grid, SMOKE)
    water = say(cast.grid, "7 栋楼下积水")
    told = real(cast)
    page = cast.client("community").get(f"/sensing/alarms/{told.id}").content.decode()
    assert SMOKE in page
    incident = devices.take(told)
    assert devices.take(told) is None
    assert Incident.objects.count() == 1
    device = Report.objects.get(how="device")
    assert (device.state, device.incident_id, device.verifier_name) == ("verified", incident.id, "李小满")
    assert (incident.chain_id, incident.kind) == (told.id, "fire")
    assert incident.sensed_at == min(told.raised_at, heard.arrived_at)
    heard.refresh_from_db()
    water.refresh_from_db()
    assert (heard.state, heard.incident_id, water.state) == ("verified", incident.id, "received")
    assert Alarm.objects.get().event == f"incidents.incident:{incident.id}"
    page = cast.client("community").get(f"/sensing/alarms/{told.id}").content.decode()
    assert f"/incidents/{incident.id}" in page
    assert "转出去接着办" in page
    page = cast.client("community").get(f"/incidents/reports/{device.id}").content.decode()
    assert "设备报的" in page


def test_a_second_device_joins_the_event(db, cast):
    """SEN-03: two devices that see the same fire are one event."""
    first = devices.take(real(cast))
    assert devices.take(real(cast, name="4 栋烟感")).id == first.id
    assert Incident.objects.count() == 1
    assert devices.take(real(cast, name="河边水位", kind="river", measures="level")).id != first.id


def test_a_grave_one_proposes_a_notice(db, cast):
    """WRN-01: a local threshold proposes an 内部风险提示 (never a 预警信号), a person decides; one for a storm."""
    river = {"kind": "river", "measures": "level"}
    told = real(cast, name="河边水位", **river)
    notice = from_alarms.propose(told)
    assert (notice.state, notice.level, notice.hazard) == ("draft", "orange", "洪水")
    assert notice.title.startswith("内部风险提示")
    assert "预警信号" not in notice.title + notice.matters
    assert from_alarms.propose(real(cast, name="桥下水位", **river)) is None
    assert from_alarms.propose(real(cast, name="黄的", level=2, **river)) is None
    assert Notice.objects.count() == 1


@pytest.mark.slow
def test_the_ledger_carries_it_up(live_db, cast):
    """SEN-04: 真则转事件: whoever says real need do no more; the event and the draft notice follow from the entry."""
    alarm = raised(cast.places.grid, level=4)
    verifying.verify(alarm.id, "real", "水过了桥面", by=cast.grid.actor)
    ledger.drain("incidents.device")
    ledger.drain("alerts.from-alarm")
    assert Incident.objects.get().chain_id == alarm.id
    assert Notice.objects.get().chain_id == alarm.id
    alarm.refresh_from_db()
    assert alarm.event == f"incidents.incident:{Incident.objects.get().id}"
