"""`python -m bench [--only NAME …] [--quick]`: measures each subject and writes docs/benchmarks.md."""

import argparse
import importlib
import json
import os
import platform
import re
import secrets
import shutil
import subprocess
import sys
import tempfile
from dataclasses import asdict
from datetime import date
from pathlib import Path

HERE = Path(__file__).parent
PAGE = HERE.parent / "docs" / "benchmarks.md"
OWN = {"__init__", "__main__", "report"}
HEAD = "| what | measured | baseline in the same process | ratio | target | met |\n|---|---|---|---|---|---|\n"
TOP = """# Benchmarks

Written by `make bench` (`make bench ONLY=ledger` for one subject, which replaces that section alone). Each figure is
the median of three runs beside a baseline run in the same process, so that the ratio survives a noisy machine; nothing
is asserted here. PostgreSQL is the embedded one with `fsync` and `synchronous_commit` on.
"""


def subjects() -> list[str]:
    return sorted(p.stem for p in HERE.glob("*.py") if p.stem not in OWN)


def machine() -> str:
    info = Path("/proc/cpuinfo")
    cpu = re.search(r"model name\s*: (.*)", info.read_text()) if info.exists() else None
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    name = cpu[1] if cpu else platform.machine()
    return f"{os.cpu_count()} × {name}, {memory:.0f} GB, Python {platform.python_version()}"


def one(name: str, quick: bool) -> None:
    """Measure one subject in this process; write its rows to standard output as JSON."""
    import django  # the home must be chosen first
    from django.core.management import call_command
    from django.db import connection

    from anlan.web import cluster, store

    os.environ["DJANGO_SETTINGS_MODULE"] = "anlan.web.settings"
    from bench.report import Report

    with cluster.hold(store.home()):
        django.setup()
        call_command("migrate", verbosity=0)
        connection.close()
        connection.settings_dict["OPTIONS"] = {"options": "-c role=anlan_app"}
        report = Report(quick=quick)
        importlib.import_module(f"bench.{name}").run(report)
        report.memory()
        connection.close()
    json.dump([asdict(row) for row in report.rows], sys.stdout)


def measure(name: str, quick: bool) -> str | None:
    """Measure a subject in a process and a home of its own; return its section, None where it broke."""
    home = Path(tempfile.mkdtemp(prefix="anlan-bench-"))
    home.chmod(0o711)
    keys = {f"ANLAN_{key}": secrets.token_hex(32) for key in ("SECRET_KEY", "FIELD_KEY", "LOOKUP_KEY")}
    environ = {k: v for k, v in os.environ.items() if k != "DATABASE_URL"}
    environ |= {"ANLAN_HOME": str(home), "ANLAN_AS_OWNER": "1", "ANLAN_LOG_LEVEL": "WARNING", **keys}
    environ["PYTHONPATH"] = os.pathsep.join([str(HERE.parent / "src"), str(HERE.parent)])
    print(f"{name}", file=sys.stderr, flush=True)
    try:
        command = [sys.executable, "-m", "bench", "--one", name, *(["--quick"] if quick else [])]
        done = subprocess.run(command, env=environ, stdout=subprocess.PIPE, text=True, check=False)
        if done.returncode:
            return None
        rows = json.loads(done.stdout.splitlines()[-1])
    finally:
        shutil.rmtree((home / "pg").resolve(), ignore_errors=True)
        shutil.rmtree(home, ignore_errors=True)
    lines = "".join(f"| {' | '.join(v.replace('|', '/') for v in row.values())} |\n" for row in rows)
    return f"## {name}\n\n`make bench ONLY={name}`, {date.today().isoformat()}, {machine()}\n\n{HEAD}{lines}"


def keep(sections: dict[str, str]) -> None:
    """Replace in the page what was measured now, and leave the rest."""
    written = PAGE.read_text() if PAGE.exists() else ""
    parts = re.split(r"^## ", written, flags=re.MULTILINE)[1:]
    kept = {part.partition("\n")[0]: f"## {part.strip()}\n" for part in parts}
    kept = {name: text for name, text in kept.items() if name in subjects()} | sections
    PAGE.write_text(TOP + "".join(f"\n{kept[name]}" for name in sorted(kept)))


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("--only", nargs="*", choices=subjects())
    parser.add_argument("--quick", action="store_true", help="one run of each; the page is not written")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.one:
        one(args.one, args.quick)
        return 0
    found = {name: measure(name, args.quick) for name in args.only or subjects()}
    if not args.quick:
        keep({name: section for name, section in found.items() if section})
    broken = [name for name, section in found.items() if section is None]
    if broken:
        print(f"broke: {', '.join(broken)}", file=sys.stderr)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
