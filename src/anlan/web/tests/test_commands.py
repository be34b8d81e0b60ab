"""PLT-04: `anlan` finds its commands by folder, says what they do without loading them, and fails aloud."""

import subprocess
import sys

import pytest

from anlan import __main__ as command_line


def anlan(*words, **environ):
    return subprocess.run(
        [sys.executable, "-m", "anlan", *words], capture_output=True, text=True, timeout=60, check=False
    )


def test_every_module_in_the_folder_is_a_command_with_a_help():
    found = command_line.discover()
    assert {"init", "migrate", "serve", "web", "worker", "watch", "backup", "restore", "backup-keys", "check"} <= set(
        found
    )
    assert [c.name for c in found.values() if not c.help] == []


def test_help_loads_no_command_and_no_django_model(capsys):
    before = set(sys.modules)
    assert command_line.main(["help"]) == 0
    assert "anlan <command>" in capsys.readouterr().out
    assert not {m for m in set(sys.modules) - before if m.startswith("anlan.web.commands.")}


def test_constants_are_read_from_the_source(tmp_path):
    (tmp_path / "import_data.py").write_text(
        'NAME = "import"\nHELP = "x"\nAS_OWNER = True\nraise SystemExit("loaded")\n'
    )
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "__init__.py").write_text('HELP = "y"\nSTORE = False\n')
    (tmp_path / "_hidden.py").write_text("")
    found = command_line.discover(tmp_path)
    assert set(found) == {"import", "deep"}
    assert found["import"].as_owner
    assert not found["deep"].store


def test_an_unknown_command_is_named_and_the_others_listed(capsys):
    assert command_line.main(["nonesuch"]) == 2
    assert "nonesuch" in capsys.readouterr().err


@pytest.mark.parametrize("words", [("help",), ("serve", "--help"), ("init", "--help")])
def test_help_is_printed(words):
    done = anlan(*words)
    assert done.returncode == 0, done.stderr
    assert "anlan" in done.stdout


def test_serving_before_init_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setenv("ANLAN_HOME", str(tmp_path / "home"))
    for name in ("SECRET_KEY", "FIELD_KEY", "LOOKUP_KEY"):
        monkeypatch.delenv(f"ANLAN_{name}", raising=False)
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    done = anlan("serve")
    assert done.returncode == 1
    assert "anlan init" in done.stderr
