"""HZD-10: the evidence of a person as a ZIP, whole and checkable without us."""

import csv
import io
import subprocess
import sys
import zipfile

from anlan.callout.models import Obligation
from anlan.hazards import services as hazards
from anlan.hazards.services import conduct
from anlan.hazards.terms import Did
from anlan.hazards.tests.finding import find
from anlan.ledger import services as ledger
from anlan.ledger.models import Entry


def test_the_evidence_is_whole_and_anybody_checks_it(live_db, cast, tmp_path):
    """HZD-10: the ZIP comes in pieces, every entry has its proof, more than forty too; a GET exports nothing."""
    made = find(cast.grid)
    for n in range(44):
        hazards.note(made.id, f"第 {n} 次上门劝导", by=cast.community.actor)
    conduct.say_obstacle(made.id, "power", "只能劝，没有执法权", by=cast.community.actor)
    ledger.seal_all()
    hazards.note(made.id, "刚刚又去了一次", by=cast.community.actor)
    url, mine, desk = f"/conduct/{cast.community.person.pseudonym}", cast.client("community"), cast.client("district")
    assert mine.get(f"{url}/bundle.zip").status_code == 405
    assert desk.post(f"{url}/bundle.zip")["Location"] == url
    assert not Entry.objects.filter(did=Did.CONDUCT_EXPORTED).exists()
    answer = mine.post(f"{url}/bundle.zip", {"since": "", "until": "2099"})
    assert answer.streaming
    pieces = list(answer.streaming_content)
    assert len(pieces) > 40
    with zipfile.ZipFile(io.BytesIO(b"".join(pieces))) as bundle:
        assert bundle.testzip() is None
        lines = list(csv.DictReader(io.StringIO(bundle.read("manifest.csv").decode("utf-8-sig"))))
        proved = {n.split("/")[1] for n in bundle.namelist() if n.endswith("/proof.json")}
        bundle.extractall(tmp_path)
    assert len(proved) == sum(bool(line["区块"]) for line in lines) >= 46
    assert [line["说明"] for line in lines if not line["区块"]] == ["刚记下，还没有封存，过几秒再导出就有证明"]
    assert {line["记录号"] for line in lines} == {
        str(e.id) for e in Entry.objects.filter(subject_id=made.id, pseudonym=cast.community.person.pseudonym)
    } | {
        str(e.id)
        for e in Entry.objects.filter(
            did="callout.owed", subject_id=Obligation.objects.filter(subject_id=made.id).earliest("began_at").id
        )
    }
    ran = subprocess.run(
        [sys.executable, "-I", str(tmp_path / "verify_anlan_proof.py")], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert ran.stdout.count("SOUND") >= 46
    assert Entry.objects.filter(did=Did.CONDUCT_EXPORTED).count() == 1
