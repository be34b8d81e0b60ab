"""HZD-07: `anlan ledger` verifies, proves, lists and shreds, and its exit code says what came out."""

import argparse
import zipfile
from uuid import uuid4

import pytest

from anlan.kernel.authority import machine
from anlan.ledger import queries
from anlan.ledger import services as ledger
from anlan.web.commands import ledger as command


class Thing:
    ledger_type, place_path = "test.thing", "0001"

    def __init__(self):
        self.id = uuid4()


@pytest.fixture
def anlan(live_db, capsys):
    def run(*words):
        parser = argparse.ArgumentParser()
        command.arguments(parser)
        code = command.run(parser.parse_args([str(w) for w in words]))
        return code, capsys.readouterr()

    return run


@pytest.fixture
def thing(live_db):
    return Thing()


@pytest.fixture
def entry(thing):
    made = ledger.record("test.done", thing, by=machine("test"), private={"name": "赵大妈"})
    ledger.seal_all()
    return made


def test_verify_passes_and_knows_a_published_head(anlan, entry):
    head = queries.blocks()[0]
    code, said = anlan("verify", "--head", f"{head.number}:{head.hash_hex}")
    assert (code, "校验通过" in said.out, head.hash_hex in said.out) == (0, True, True)
    code, said = anlan("verify", "--head", f"{head.number}:{'0' * 64}")
    assert (code, "校验不通过" in said.out) == (1, True)
    assert anlan("verify", "--head", "1:xyz")[0] == 2


def test_proof_is_written_where_asked(anlan, entry, tmp_path):
    assert anlan("proof", entry, "--out", tmp_path / "p.zip")[0] == 0
    assert "verify_anlan_proof.py" in zipfile.ZipFile(tmp_path / "p.zip").namelist()
    code, said = anlan("proof", uuid4(), "--out", tmp_path / "q.zip")
    assert (code, "没有这一条" in said.err, (tmp_path / "q.zip").exists()) == (1, True, False)


def test_blocks_are_listed_as_verify_takes_them(anlan, entry):
    code, said = anlan("blocks")
    assert code == 0
    assert said.out.startswith(f"1:{queries.blocks()[0].hash_hex}")


def test_a_key_is_shredded_only_when_confirmed(anlan, entry, thing):
    assert anlan("vault-destroy", thing.id, "--reason", "事项已结束")[0] == 2
    assert anlan("vault-destroy", thing.id, "--reason", "事项已结束", "--yes")[0] == 0
    assert anlan("vault-destroy", thing.id, "--reason", "事项已结束", "--yes")[0] == 1
    ledger.seal_all()
    assert anlan("verify")[0] == 0
