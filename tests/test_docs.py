"""The documentation is true: every setting is described and exists, every link leads somewhere, every command too."""

import ast
import re
from pathlib import Path

from anlan import __main__ as command_line

ROOT = Path(__file__).parent.parent
SETTINGS = ROOT / "docs" / "reference" / "settings.md"
VARIABLE = re.compile(r"^(ANLAN_[A-Z0-9_]+|DATABASE_URL|DJANGO_SETTINGS_MODULE|PROMETHEUS_MULTIPROC_DIR)$")
READERS = {"str", "bool", "int", "float", "list", "url", "json", "decimal", "get", "getenv", "setdefault", "pop"}
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)|!\[[^\]]*\]\(([^)\s]+)\)")
PAGES = [*ROOT.glob("*.md"), *(page for part in ("docs", "src", "deploy") for page in (ROOT / part).rglob("*.md"))]


def read_in(source):
    """Yield the variables that a file reads: env.str("X"), os.environ.get("X"), os.environ["X"], "X" in os.environ."""
    tree = ast.parse(source.read_text())
    assigned = [n for n in tree.body if isinstance(n, ast.Assign) and isinstance(n.value, ast.Constant)]
    constants = {n.targets[0].id: n.value.value for n in assigned if isinstance(n.targets[0], ast.Name)}

    def word(node):
        value = node.value if isinstance(node, ast.Constant) else constants.get(getattr(node, "id", ""))
        return [value] if isinstance(value, str) and VARIABLE.match(value) else []

    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") in READERS and node.args:
            yield from word(node.args[0])
            if node.func.attr == "str" and isinstance(node.args[0], ast.JoinedStr):
                yield "ANLAN_*"
        elif isinstance(node, ast.Call) and getattr(node.func, "id", "") == "secret":
            yield from [f"ANLAN_{node.args[0].value}"]
        elif isinstance(node, ast.Subscript) and ast.unparse(node.value) == "os.environ":
            yield from word(node.slice)
        elif isinstance(node, ast.Compare) and any(ast.unparse(c) == "os.environ" for c in node.comparators):
            yield from word(node.left)


def sources():
    return [p for p in (ROOT / "src").rglob("*.py") if "tests" not in p.parts] + [ROOT / "conftest.py"]


def read_anywhere():
    return {name for source in sources() for name in read_in(source)} - {"ANLAN_*"}


def test_every_variable_is_described():
    described = set(re.findall(r"`((?:ANLAN_|DATABASE_|DJANGO_|PROMETHEUS_)[A-Z_]+)`", SETTINGS.read_text()))
    assert read_anywhere() - described == set(), "not in docs/reference/settings.md"


def test_no_variable_is_described_that_nothing_reads():
    described = set(re.findall(r"`((?:ANLAN_|DATABASE_|DJANGO_|PROMETHEUS_)[A-Z_]+)`", SETTINGS.read_text()))
    assert described - read_anywhere() == set(), "described, and read nowhere"


def test_the_reader_of_variables_sees_each_way_of_reading(tmp_path):
    source = tmp_path / "a.py"
    source.write_text(
        'NAME = "ANLAN_E"\nenv.str("ANLAN_A", "")\nos.environ.get("ANLAN_B")\nos.environ["ANLAN_C"] = "1"\n'
        'if "ANLAN_D" in os.environ: pass\nos.environ.pop(NAME, "")\nsecret("F")\n'
    )
    assert set(read_in(source)) == {f"ANLAN_{letter}" for letter in "ABCDEF"}


def test_every_link_leads_somewhere():
    broken = []
    for page in PAGES:
        text = re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL)
        for found in LINK.finditer(text):
            target = (found[1] or found[2]).partition("#")[0]
            if not target or re.match(r"[a-z]+:", target):
                continue
            if not (page.parent / target).exists():
                broken.append(f"{page.relative_to(ROOT)}: {target}")
    assert not broken


def test_every_command_that_a_page_names_exists():
    there = set(command_line.discover()) | {"help"}
    named = {
        (page.relative_to(ROOT), name)
        for page in PAGES
        if page.name not in {"requirements.md", "architecture.md"}
        for name in re.findall(r"(?:^|`|bin/)anlan ([a-z][a-z-]+)", page.read_text(), re.MULTILINE)
    }
    assert {(p, n) for p, n in named if n not in there} == set()


def test_every_target_that_a_page_names_exists():
    there = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))
    named = {(page.name, name) for page in PAGES for name in re.findall(r"`make ([a-z-]+)", page.read_text())}
    assert {(p, n) for p, n in named if n not in there} == set()


def test_no_page_or_file_names_this_machine():
    """No host of a package registry and no path of a developer's machine."""
    telling = re.compile(r"/root/|/home/[a-z]+/|registry\.npmjs|pypi\.org|files\.pythonhosted|--(extra-)?index-url")
    files = [ROOT / "Makefile", ROOT / ".ci" / "run", ROOT / "pyproject.toml", *(ROOT / "requirements").iterdir(),
             *(ROOT / "deploy").rglob("*.*"), *PAGES, ROOT / "frontend" / "package-lock.json"]  # fmt: skip
    told = [str(f.relative_to(ROOT)) for f in files if f.is_file() and telling.search(f.read_text())]
    assert not told
