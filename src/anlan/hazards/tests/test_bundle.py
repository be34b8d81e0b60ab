"""HZD-07: the evidence bundle of one hazard holds without us."""

import io
import subprocess
import sys
import zipfile

from anlan.fieldwork.services import uploads
from anlan.hazards.tests.finding import picture, rectified
from anlan.ledger import services as ledger
from anlan.ledger.models import Entry


def test_the_bundle_can_be_checked_by_anybody(live_db, cast, tmp_path):
    """HZD-07: the record, the photos and each step with its proof, verified by the one file that lies in it."""
    made = rectified(cast, uploads=uploads.keep_photos([picture()], by=cast.grid.actor))
    ledger.seal_all()
    desk = cast.client("street")
    assert "都已封存" in desk.get(f"/hazards/{made.id}").content.decode()
    answer = desk.post(f"/hazards/{made.id}/bundle")
    assert answer["Content-Type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as bundle:
        names = bundle.namelist()
        bundle.extractall(tmp_path)
    assert {"README.txt", "record.html", "record.css", "verify_anlan_proof.py", "photos/01-before.jpg"} <= set(names)
    assert 'src="photos/01-before.jpg"' in (tmp_path / "record.html").read_text()
    check = [sys.executable, "-I", str(tmp_path / "verify_anlan_proof.py")]
    ran = subprocess.run(check, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert ran.stdout.count("SOUND") >= 4
    entry = next(tmp_path.glob("entries/002-*/entry.json"))
    entry.write_text(entry.read_text().replace("hazards.confirmed", "hazards.rejected"))
    assert subprocess.run(check, capture_output=True, check=False).returncode == 1
    assert Entry.objects.filter(did="hazards.bundled").count() == 1
