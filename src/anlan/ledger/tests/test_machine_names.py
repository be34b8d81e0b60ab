"""HZD-07: whatever acted by itself has a plain name in every trail; code words stay inside."""

from anlan.kernel.authority import machine
from anlan.ledger import services as ledger
from anlan.ledger import telling
from anlan.ledger.ports import directory
from anlan.ledger.tests.conftest import Thing


def test_every_machine_is_called_in_words():
    for name, words in (
        ("alerts.linkage", "系统：预警联动"),
        ("source:市气象局：二台", "系统：预警来源「市气象局：二台」"),
        ("source:{0}{name}", "系统：预警来源「{0}{name}」"),
        ("anlan storm", "系统：演示"),
        ("anlan city", "系统：初始装入"),
        ("anlan init", "系统：安装"),
        ("nobody.said", "系统"),
        ("strange:thing", "系统"),
    ):
        assert telling.machine_name(name) == words


def test_a_context_fills_the_names_and_a_page_shows_them(cast, monkeypatch):
    monkeypatch.setitem(directory.machines, "test.robot", "巡查机")
    ledger.record("test.done", Thing(cast.grid.post.place_path), by=machine("test.robot"))
    page = cast.client("community").get("/ledger").content.decode()
    assert "系统：巡查机" in page
    assert "test.robot" not in page
