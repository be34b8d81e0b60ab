"""What deploy/ says is what there is: commands with their options, variables, files. (No container was ever built.)"""

import argparse
import importlib
import re
from pathlib import Path

import pytest
import yaml

from anlan import __main__ as command_line

ROOT = Path(__file__).parent.parent
DEPLOY = ROOT / "deploy"
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
ANLAN = {name: one for name, one in COMPOSE["services"].items() if one.get("image") == "anlan"}


def parsed(words):
    """Parse a command's words as `anlan` would."""
    module = importlib.import_module(command_line.discover()[words[0]].module)
    parser = argparse.ArgumentParser(exit_on_error=False)
    module.arguments(parser)
    return parser.parse_args(words[1:])


@pytest.mark.parametrize("name", sorted(ANLAN))
def test_a_service_runs_a_command_that_exists(name):
    parsed(ANLAN[name]["command"])


def test_the_image_starts_a_command_that_exists():
    said = (DEPLOY / "Dockerfile").read_text()
    parsed(re.findall(r'"([^"]+)"', re.search(r"^CMD \[(.*)\]", said, re.MULTILINE)[1]))


def test_the_image_copies_what_is_there():
    said = (DEPLOY / "Dockerfile").read_text()
    wanted = [name for line in re.findall(r"^COPY (?!--from)(.*)", said, re.MULTILINE) for name in line.split()[:-1]]
    assert wanted
    assert [name for name in wanted if not (ROOT / name).exists()] == []


@pytest.mark.parametrize("unit", sorted(p.name for p in DEPLOY.glob("*.service")))
def test_a_unit_runs_a_command_that_exists(unit):
    for line in re.findall(r"^Exec\w+=.*?/bin/anlan (.*)$", (DEPLOY / unit).read_text(), re.MULTILINE):
        words = [w for w in line.split() if not w.startswith(("%", "$"))]
        assert words[0] in command_line.discover()


def test_what_is_not_tested_says_so():
    for name in ("Dockerfile", "compose.yaml"):
        assert "UNTESTED" in (DEPLOY / name).read_text()
