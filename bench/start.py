"""How long until the embedded PostgreSQL and a command are there: the second start of a demo must stay under 3 s."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from anlan.web import cluster, store


def run(report):
    base = Path(tempfile.mkdtemp(prefix="anlan-start-"))
    base.chmod(0o711)

    def first():
        with cluster.hold(Path(tempfile.mkdtemp(dir=base)) / "home"):
            pass

    def again():
        with cluster.hold(base / "kept"):
            pass

    again()
    report.seconds("PostgreSQL made, started, stopped", first)
    report.seconds("PostgreSQL started again, stopped", again)
    anlan = [sys.executable, "-m", "anlan"]
    python = ("python -c pass", lambda: subprocess.run([sys.executable, "-c", "pass"], check=True))
    quiet = {"stdout": subprocess.DEVNULL, "env": {**os.environ, "ANLAN_HOME": str(store.home())}}
    report.seconds("anlan help", lambda: subprocess.run([*anlan, "help"], check=True, **quiet), baseline=python)
    report.seconds(
        "anlan migrate --check",
        lambda: subprocess.run([*anlan, "migrate", "--check"], check=True, **quiet),
        baseline=python,
    )
