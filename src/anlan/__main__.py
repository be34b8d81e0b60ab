"""The one command: `anlan <command>`. A command is a module in `anlan/web/commands/`; adding one edits no list."""

import argparse
import ast
import contextlib
import importlib
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import django

from anlan.web import store as where

COMMANDS = Path(__file__).parent / "web" / "commands"
SETTINGS = "anlan.web.settings"


@dataclass(frozen=True, slots=True)
class Command:
    """What a command's source says about itself; its module is imported only when it is asked for."""

    module: str
    name: str
    help: str = ""
    as_owner: bool = False
    store: bool = True
    django: bool = True


def read(source: Path) -> Command:
    """Read a command's constants from its source, so that `anlan help` imports nothing."""
    said: dict[str, object] = {}
    for node in ast.parse(source.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id.isupper():
            with contextlib.suppress(ValueError):
                said[node.targets[0].id] = ast.literal_eval(node.value)
    return Command(
        module=f"anlan.web.commands.{source.stem}",
        name=str(said.get("NAME") or source.stem.replace("_", "-")),
        help=str(said.get("HELP") or ""),
        as_owner=bool(said.get("AS_OWNER", False)),
        store=bool(said.get("STORE", True)),
        django=bool(said.get("DJANGO", True)),
    )


def discover(folder: Path = COMMANDS) -> dict[str, Command]:
    """Return every command by name: a module or a package in the folder."""
    sources = [*folder.glob("[!_]*.py"), *folder.glob("[!_]*/__init__.py")]
    found = (package(s) if s.name == "__init__.py" else read(s) for s in sources if s.parent.name != "tests")
    return {command.name: command for command in sorted(found, key=lambda c: c.name)}


def package(source: Path) -> Command:
    """A command that is a folder says the same constants in its `__init__.py`."""
    said, stem = read(source), source.parent.name
    name = said.name if said.name != source.stem.replace("_", "-") else stem.replace("_", "-")
    return Command(f"anlan.web.commands.{stem}", name, said.help, said.as_owner, said.store, said.django)


def usage(commands: dict[str, Command]) -> str:
    """Say what there is, one line each."""
    width = max(map(len, commands), default=4) + 2
    lines = "\n".join(f"  {c.name:<{width}}{c.help}" for c in commands.values())
    return (
        f"安澜：一条必须人人回应的预警 (a warning that everyone must answer)\n\nanlan <command> [--help]\n\n{lines}\n"
    )


@contextlib.contextmanager
def store(command: Command) -> Iterator[None]:
    """Hold the embedded PostgreSQL while the command runs, unless DATABASE_URL names a server."""
    if not command.store or os.environ.get("DATABASE_URL"):
        yield
        return
    with importlib.import_module("anlan.web.cluster").hold(where.home()):  # not asked for, not loaded
        yield


def run(command: Command, argv: Sequence[str]) -> int:
    """Import the command, parse its arguments, run it. `--help` needs no database."""
    os.environ["DJANGO_SETTINGS_MODULE"] = SETTINGS
    if command.as_owner:
        os.environ["ANLAN_AS_OWNER"] = "1"
    if command.django:
        django.setup()
    module = importlib.import_module(command.module)
    parser = argparse.ArgumentParser(prog=f"anlan {command.name}", description=command.help)
    module.arguments(parser)
    args = parser.parse_args(argv)
    with store(command):
        return int(module.run(args) or 0)


def main(argv: Sequence[str] | None = None) -> int:
    """Run `anlan`. Exit codes: 0 done, 1 it failed, 2 the command line is wrong, 130 interrupted."""
    words = list(sys.argv[1:] if argv is None else argv)
    commands = discover()
    if not words or words[0] in {"help", "-h", "--help"}:
        if words[1:2] and words[1] in commands:
            return run(commands[words[1]], ["--help"])
        sys.stdout.write(usage(commands))
        return 0
    if words[0] not in commands:
        sys.stderr.write(f"anlan: 没有命令 {words[0]!r}；可用：{', '.join(commands)}\n")
        return 2
    try:
        return run(commands[words[0]], words[1:])
    except where.Unavailable as error:
        sys.stderr.write(f"anlan: {error}\n")
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
