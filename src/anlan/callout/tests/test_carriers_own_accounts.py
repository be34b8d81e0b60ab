"""WRN-02: what a carrier may have besides the protocol comes with its folder too, and no other file is edited.

A kind of account of its own, finding accounts by number, asking how messages fared, callbacks in the service's form.
"""

import json
import sys
import textwrap

import pytest
from django.test import Client

from anlan.callout import carriers
from anlan.callout.models import Carrier, Followed, Policy, Receipt
from anlan.callout.pages import words
from anlan.callout.services import polling
from anlan.callout.tests import calling
from anlan.people import queries as people
from anlan.people import services as persons

CODE = '''
"""Messages by carrier pigeon."""

import json

from anlan.callout.carriers import Forged, Handed, Health, Heard, Reply, tuning
from anlan.callout.carriers.tuning import Setting
from anlan.callout.terms import How, ReceiptState, Report
from anlan.people.terms import AddressKind

FLOWN = []


class Carrier:
    """Sends pigeons."""

    name = "pigeon"
    label = "信鸽"
    needs = "loft"
    answers = frozenset({How.KEY, How.LINK})
    safe = False
    chunk = 10
    address = AddressKind("loft", "鸽舍号", ("鸽舍号",), r"[a-z0-9-]{1,20}", "例：loft-7")
    fields = (
        Setting("dovecote", "鸽棚", required=True),
        Setting("whistle", "鸽哨", "只有我们知道的声音", "secret", required=True),
    )

    def send_many(self, batch, settings):
        FLOWN.extend((tuning.opened(self.fields, settings)["dovecote"], m.address, m.link) for m in batch)
        return [Handed(m.key, ok=True, ref=f"p-{m.address}") for m in batch]

    def find_many(self, phones, settings):
        return {phone: f"loft-{phone[-4:]}" if phone.endswith("0418") else "" for phone in phones}

    def poll(self, asked, settings):
        return [Report(one.key, ReceiptState.DELIVERED) for one in asked]

    def hear(self, callback, settings):
        said = json.loads(callback.body or b"{}")
        if said.get("whistle") != tuning.opened(self.fields, settings)["whistle"]:
            raise Forged("whistle")
        event = {"event": "coo-1", "type": "pressed", "id": said["id"], "key": "1"}
        return Heard([event], lambda words: Reply(words.encode(), "text/plain"))

    def test(self, settings, address):
        return Health(ok=True, words=f"飞去了 {address}")

    def health(self, settings):
        return Health(ok=not tuning.lacking(self.fields, settings), words="鸽子都在")
'''


@pytest.fixture
def pigeon(tmp_path, monkeypatch):
    folder = tmp_path / "carriers" / "pigeon"
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text("")
    (folder / "carrier.py").write_text(textwrap.dedent(CODE))
    monkeypatch.setattr(carriers, "__path__", [*carriers.__path__, str(folder.parent)])
    carriers.discover.cache_clear()
    yield carriers.discover()["pigeon"]
    monkeypatch.undo()
    carriers.discover.cache_clear()


def test_a_folder_is_all_it_takes(cast, pigeon):
    admin = cast.client("admin")
    assert "信鸽" in admin.get("/settings/carriers").content.decode()
    page = admin.get("/settings/carriers/pigeon").content.decode()
    assert "鸽棚" in page
    assert "发到哪个鸽舍号" in page
    assert "/gateway/pigeon/events" in page

    lacking = admin.post("/settings/carriers/pigeon", {"enabled": "on", "rate": "0", "dovecote": ""})
    assert lacking.status_code == 422
    form = {"enabled": "on", "rate": "0", "dovecote": "north", "whistle": "fee-fi-fo-fum"}
    assert admin.post("/settings/carriers/pigeon", form).status_code == 302
    assert "fee-fi-fo-fum" not in json.dumps(Carrier.objects.get(name="pigeon").settings)

    wrong = admin.post("/settings/carriers/pigeon/test", {"address": "NO!"}, follow=True).content.decode()
    assert "账号不对。例：loft-7" in wrong
    tried = admin.post("/settings/carriers/pigeon/test", {"address": "loft-9"}, follow=True).content.decode()
    assert "飞去了 loft-9" in tried
    assert "鸽子都在" in admin.post("/settings/carriers/pigeon/look", follow=True).content.decode()

    assert "鸽舍号" in cast.client("community").get(f"/people/{cast.grid.person.id}/edit").content.decode()
    persons.set_address(cast.street.person.id, "loft", "loft-1", by=cast.city.actor)
    assert polling.find_accounts() == 1
    assert people.reachable("loft", [cast.grid.person.id])[cast.grid.person.id].address == "loft-0418"

    policy = Policy.objects.get(code="yellow", current=True)
    policy.body["send"] = [["pigeon"]]
    policy.save(update_fields=["body"])
    call = calling.start(cast)
    calling.hand_over(call)
    flown = sys.modules["anlan.callout.carriers.pigeon.carrier"].FLOWN
    assert sorted((cote, to) for cote, to, _link in flown) == [("north", "loft-0418"), ("north", "loft-1")]
    assert all("/a/" in link for _cote, _to, link in flown)
    assert Receipt.objects.filter(call_id=call.id, carrier="pigeon", state="handed").count() == 2

    owed = calling.owed(call, cast.grid)
    Followed.objects.update(next_at="2020-01-01T00:00:00Z")
    assert polling.poll() == 2
    assert calling.receipt(owed).state == "delivered"

    door = "/gateway/pigeon/events"
    body = {"id": str(owed.id), "whistle": "wrong"}
    assert Client().post(door, body, content_type="application/json").status_code == 401
    said = Client().post(door, body | {"whistle": "fee-fi-fo-fum"}, content_type="application/json")
    assert said.content.decode() == "记下了，您已经应了"
    owed.refresh_from_db()
    assert (owed.state, owed.met_how) == ("met", "key")
    assert words.carrier("pigeon") == "信鸽"
    assert "信鸽" in cast.client("city").get(f"/calls/{call.id}/persons/{owed.id}").content.decode()


def test_a_folder_that_lacks_part_of_the_protocol_says_which(tmp_path, monkeypatch):
    folder = tmp_path / "carriers" / "halfling"
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text("")
    half = CODE.replace('name = "pigeon"', 'name = "halfling"').replace('needs = "loft"', 'needs = "burrow"')
    (folder / "carrier.py").write_text(half)
    monkeypatch.setattr(carriers, "__path__", [str(folder.parent)])
    carriers.discover.cache_clear()
    with pytest.raises(TypeError, match="needs «burrow»"):
        carriers.discover()
    monkeypatch.undo()
    carriers.discover.cache_clear()
