"""PLT-05: no template carries inline script or style (the CSP would drop it), and every one compiles."""

import re
from pathlib import Path

import pytest
from django.template import engines

ROOT = Path(__file__).parent.parent.parent
TEMPLATES = sorted(p for p in ROOT.rglob("templates/**/*.html"))
SPRITE = (ROOT / "web/static/web/icons.svg").read_text()
INLINE = re.compile(
    r"""<style|\sstyle\s*=|\son[a-z]+\s*=\s*["']|javascript:|<script(?![^>]*\bsrc=)(?![^>]*type="application/json")""",
    re.IGNORECASE,
)
OUTSIDE = re.compile(r"""(?:src|href|action)\s*=\s*["'](?:https?:)?//""", re.IGNORECASE)


def name_of(path: Path) -> str:
    return str(path).split("templates/", 1)[1]


def test_there_are_templates():
    assert len(TEMPLATES) > 30


@pytest.mark.parametrize("path", TEMPLATES, ids=name_of)
def test_a_template_compiles(path):
    engines["django"].get_template(name_of(path))


@pytest.mark.parametrize("path", TEMPLATES, ids=name_of)
def test_a_template_has_nothing_inline(path):
    text = re.sub(r"\{#.*?#\}|\{% comment %\}.*?\{% endcomment %\}", "", path.read_text(), flags=re.DOTALL)
    assert not INLINE.findall(text)
    assert not OUTSIDE.findall(text), "no request may leave our origin"


@pytest.mark.parametrize("path", TEMPLATES, ids=name_of)
def test_every_icon_named_is_in_the_sprite(path):
    named = re.findall(r'\{% icon "([\w-]+)"', path.read_text()) + re.findall(r'\bicon="([\w-]+)"', path.read_text())
    assert not [icon for icon in named if f'id="i-{icon}"' not in SPRITE]


def test_the_pattern_finds_what_it_looks_for():
    for bad in ("<p style=x>", '<a onclick="x">', "<script>x</script>", "<style>", '<a href="javascript:x">'):
        assert INLINE.search(bad), bad
    assert not INLINE.search(
        '<script type="application/json" id="x">{}</script><script type="module" src="/x.js"></script>'
    )
