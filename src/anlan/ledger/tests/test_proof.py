"""HZD-07: an evidence bundle is checked by a stranger with nothing but Python."""

import io
import json
import subprocess
import sys
import zipfile
from uuid import uuid4

import pytest

from anlan.kernel.authority import Actor, Conflict, Hidden
from anlan.ledger import services as ledger


def run(folder, *args):
    """Run the verifier alone: no site packages, no environment, an empty folder."""
    return subprocess.run(
        [sys.executable, "-I", "-S", "verify_anlan_proof.py", *args],
        cwd=folder, capture_output=True, text=True, check=False, timeout=60, env={"PYTHONIOENCODING": "utf-8"},
    )  # fmt: skip


@pytest.fixture
def bundle(sealed, officer, thing, robot, settings, tmp_path, request):
    settings.SEAL_HASH = getattr(request, "param", "sha256")
    ledger.record("test.done", thing, by=officer, note='第一行\n"引号"\\', amount=1.5)
    chosen = ledger.record("test.done", thing, by=officer, private={"name": "王敏"}, n=2)
    ledger.seal_all()
    ledger.record("test.done", thing, by=robot)
    ledger.seal_all()
    data = ledger.proof(chosen, by=officer)
    with zipfile.ZipFile(io.BytesIO(data)) as opened:
        opened.extractall(tmp_path / "bundle")
    (tmp_path / "bundle.zip").write_bytes(data)
    return tmp_path / "bundle"


@pytest.mark.parametrize("bundle", ["sha256", "sm3"], indirect=True)
def test_a_true_bundle_is_sound_as_folder_and_as_zip(bundle):
    head = ledger.verify().head
    alone = run(bundle)
    assert (alone.returncode, alone.stderr) == (0, "")
    assert head in alone.stdout
    assert run(bundle, "--head", head.upper()).returncode == 0
    assert run(bundle, "../bundle.zip").returncode == 0
    assert "王敏" not in "".join(p.read_text() for p in bundle.iterdir())


def test_any_tampering_is_unsound(bundle):
    def attempt(name, change):
        kept = (bundle / name).read_text()
        changed = change(kept)
        assert changed != kept
        (bundle / name).write_text(changed)
        result = run(bundle)
        (bundle / name).write_text(kept)
        return result.returncode

    def in_proof(change):
        def edit(text):
            proof = json.loads(text)
            change(proof)
            return json.dumps(proof)

        return edit

    assert attempt("entry.json", lambda t: t.replace("test.done", "test.undone")) == 1
    assert attempt("canonical.json", lambda t: t.replace("test.done", "test.undone")) == 1
    assert attempt("proof.json", in_proof(lambda p: p["path"].pop())) == 1
    assert attempt("proof.json", in_proof(lambda p: p["path"].__setitem__(0, ["left", "00" * 32]))) == 1
    assert attempt("proof.json", in_proof(lambda p: p["headers"].pop())) == 1
    assert attempt("proof.json", in_proof(lambda p: p["headers"].reverse())) == 1
    assert attempt("proof.json", in_proof(lambda p: p["headers"][0].__setitem__(3, 0))) == 1
    assert attempt("proof.json", in_proof(lambda p: p["headers"][0].__setitem__(2, "md5"))) == 1
    assert attempt("proof.json", in_proof(lambda p: p.__setitem__("head", "00" * 32))) == 1
    assert attempt("proof.json", lambda t: t[:-5]) == 2
    assert run(bundle, "--head", "00" * 32).returncode == 1
    assert run(bundle).returncode == 0


def test_both_files_changed_alike_are_unsound(bundle):
    for name in ("entry.json", "canonical.json"):
        path = bundle / name
        path.write_text(path.read_text().replace("test.done", "test.undone"))
    assert run(bundle).returncode == 1


def test_what_is_no_bundle_is_unreadable_not_unsound(bundle, tmp_path):
    (tmp_path / "not.zip").write_bytes(b"PK\x03\x04 nothing")
    assert run(bundle, "../not.zip").returncode == 2
    assert run(bundle, "../absent").returncode == 2


def test_an_entry_outside_the_actors_places_is_hidden_and_so_is_none(sealed, thing, robot):
    entry = ledger.record("test.done", thing, by=robot)
    ledger.seal_all()
    stranger = Actor(name="李", person=uuid4(), pseudonym=uuid4())
    for wanted in (entry, uuid4()):
        with pytest.raises(Hidden):
            ledger.proof(wanted, by=stranger)


def test_an_unsealed_entry_is_told_so(live_db, officer, thing):
    entry = ledger.record("test.done", thing, by=officer)
    with pytest.raises(Conflict, match="封存"):
        ledger.proof(entry, by=officer)


def test_a_nearer_head_makes_a_shorter_chain(sealed, officer, thing):
    data = ledger.proof(sealed[0], by=officer, to=2)
    with zipfile.ZipFile(io.BytesIO(data)) as opened:
        proof = json.loads(opened.read("proof.json"))
    assert [header[1] for header in proof["headers"]] == [1, 2]
