"""The registry for tests of its addresses: a thing, a list on its way in, a purpose, strangers at a door."""

import datetime as dt

from anlan.kernel import clock
from anlan.sensing.models import Rejected
from anlan.sensing.queries import purposes as known
from anlan.sensing.services import addressing, doors, purposes, things_import
from anlan.sensing.services.addressing import Reading
from anlan.sensing.services.purposes import PurposeDraft
from anlan.sensing.tests import streams
from anlan.sensing.tests.devices import gauge

LIST = "设备编号,名称,类型\nA-1,甲,烟感\nA-2,乙,勺子\n"


def strangers(cast):
    """Let an unknown device and a broken payload come in by a door of the community."""
    feed = doors.add_feed("社区网关", place=cast.places.community.path, by=cast.city.actor)
    streams.Base.at = clock.now()
    said = [
        Reading("WL-9", "depth", streams.minutes_ago(2), 31.5, "cm"),
        Reading("WL-9", "door", streams.minutes_ago(2), "<script>alert(1)</script>"),
    ]
    addressing.receive(said, feed=feed, door="http")
    Rejected.objects.create(
        feed=feed, door="http", reason="不是 JSON", payload=b"<script>alert(2)</script>\x00\xff", digest=b"d"
    )


def purpose(cast, **values):
    """Put a purpose of the community on record."""
    said = {
        "place": cast.places.community.path, "kind": "gate", "name": "汛期清点楼里还有多少人", "basis": "预案 4.2",
        "assessment": "评估-2026-07", "until": known.today() + dt.timedelta(days=30),
    }  # fmt: skip
    return purposes.grant(PurposeDraft(**(said | values)), by=cast.city.actor)


def everything(cast):
    """One of everything at the cast's grid: the parameter of each address of the registry by its name."""
    row = gauge(cast, name="下穿隧道积水点", device="WL-1", lon=104.06, lat=30.67)
    strangers(cast)
    batch = things_import.read_things(LIST.encode(), "台账.csv", place=cast.places.grid.path, by=cast.community.actor)
    return {"thing_id": row.id, "sensing import_id": batch.id, "purpose_id": purpose(cast).id}
