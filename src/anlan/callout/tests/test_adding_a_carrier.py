"""WRN-02: a new carrier is one folder. This one is laid down, driven from its settings to a call, and taken away."""

import json
import shutil
import sys
from pathlib import Path

import pytest

from anlan.callout import carriers
from anlan.callout.models import Carrier
from anlan.callout.tests import calling

NAME = "pigeon_test"
SOURCE = '''
"""Carrier pigeons, for a test."""

import json
from pathlib import Path

from anlan.callout.carriers import Handed, Health
from anlan.callout.carriers.tuning import Setting, lacking


class Carrier:
    """Writes each message on a slip of paper."""

    name = "pigeon_test"
    label = "信鸽"
    needs = "phone"
    answers = frozenset({"reply"})
    safe = False
    chunk = 50
    fields = (Setting("loft", "鸽舍", "信放在哪个文件夹", required=True),)

    def send_many(self, batch, settings):
        for m in batch:
            slip = {"to": m.address, "title": m.title, "link": m.link}
            (Path(settings["loft"]) / f"{m.key}.json").write_text(json.dumps(slip, ensure_ascii=False))
        return [Handed(m.key, ok=True, ref=f"slip-{m.key}") for m in batch]

    def test(self, settings, address):
        (Path(settings["loft"]) / "test.json").write_text(json.dumps({"to": address}))
        return Health(ok=True, words="放飞了一只")

    def health(self, settings):
        missing = lacking(self.fields, settings)
        return Health(ok=not missing, words="还没有鸽舍" if missing else "鸽子都在")
'''


@pytest.fixture
def pigeon():
    """The folder, and nothing else."""
    folder = Path(carriers.__file__).parent / NAME
    folder.mkdir()
    (folder / "__init__.py").touch()
    (folder / "carrier.py").write_text(SOURCE)
    carriers.discover.cache_clear()
    try:
        yield
    finally:
        shutil.rmtree(folder)
        for name in [n for n in sys.modules if n.startswith(f"anlan.callout.carriers.{NAME}")]:
            del sys.modules[name]
        carriers.discover.cache_clear()


def test_a_folder_is_a_carrier_from_settings_to_receipt(pigeon, cast, tmp_path):
    admin, page = cast.client("admin"), f"/settings/carriers/{NAME}"
    assert "信鸽" in admin.get("/settings/carriers").content.decode()
    assert "信放在哪个文件夹" in admin.get(page).content.decode()
    assert "还没有填" in admin.post(page, {"enabled": "on"}).content.decode()
    assert admin.post(page, {"enabled": "on", "loft": str(tmp_path), "rate": "0"}).status_code == 302
    assert "鸽子都在" in admin.post(f"{page}/look", follow=True).content.decode()
    assert "放飞了一只" in admin.post(f"{page}/test", {"address": "13712340418"}, follow=True).content.decode()
    assert json.loads((tmp_path / "test.json").read_text()) == {"to": "13712340418"}

    assert "信鸽" in admin.get("/settings/policies/yellow").content.decode()
    calling.go_by(cast, NAME)
    call = calling.start(cast)
    calling.hand_over(call)
    owed = calling.owed(call, cast.grid)
    receipt = calling.receipt(owed)
    assert (receipt.carrier, receipt.state, receipt.ref) == (NAME, "handed", f"slip-{owed.id}")
    slip = json.loads((tmp_path / f"{owed.id}.json").read_text())
    assert slip["to"] == cast.grid.phone
    assert slip["title"] == "暴雨黄色预警"
    person = cast.client("city").get(f"/calls/{call.id}/persons/{owed.id}").content.decode()
    assert "信鸽" in person
    assert Carrier.objects.get(name=NAME).last_ok_at


def test_a_folder_that_lacks_something_says_what(pigeon):
    written = Path(carriers.__file__).parent / NAME / "carrier.py"
    written.write_text(SOURCE.replace("    chunk = 50\n", ""))
    with pytest.raises(TypeError, match="lacks chunk"):
        carriers.discover()
