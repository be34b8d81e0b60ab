"""PLT-05: text keeps 4.5:1 and the edges of controls 3:1 on every ground, in light and in dark."""

import itertools
import re
from pathlib import Path

import pytest

TOKENS = (Path(__file__).parent.parent / "static" / "web" / "tokens.css").read_text()
GROUNDS = ("ground", "surface", "sunken")
TEXT = ("ink", "ink-2", "ink-3", "accent", "ok", "late", "hold")
PAIRS = [(t, g, 4.5) for t, g in itertools.product(TEXT, GROUNDS)]
PAIRS += [("line-strong", g, 3.0) for g in GROUNDS]
PAIRS += [(f"level-{c}-on", f"level-{c}", 4.5) for c in ("red", "orange", "yellow", "blue")]
PAIRS += [("on-accent", "accent", 4.5), ("on-accent", "accent-hover", 4.5), ("on-inverse", "inverse", 4.5)]
PAIRS += [("on-late", "late", 4.5)]
PAIRS += [("accent", "accent-soft", 4.5), ("ink-2", "accent-soft", 4.5), ("late", "late-soft", 4.5)]
PAIRS += [("ink-2", "map-land", 4.5)]


def block(selector: str) -> dict[str, str]:
    body = TOKENS[TOKENS.index(selector) :].split("{", 1)[1].split("}", 1)[0]
    return dict(re.findall(r"--([\w-]+):\s*(#[0-9a-f]{6})", body))


THEMES = {
    "light": block(':root,\n[data-theme="light"]'),
    "dark": block('[data-theme="dark"] {\n  color-scheme'),
    "dark by the system": block(":root:not([data-theme])"),
}


def luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(a: str, b: str) -> float:
    high, low = sorted((luminance(a), luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", THEMES)
def test_every_pair_of_tokens_is_readable(theme):
    colours = THEMES[theme]
    poor = [
        f"{front} on {back}: {contrast(colours[front], colours[back]):.2f} < {least}"
        for front, back, least in PAIRS
        if contrast(colours[front], colours[back]) < least
    ]
    assert not poor


def test_dark_is_the_same_whoever_asks_for_it():
    assert THEMES["dark"] == THEMES["dark by the system"]


def test_the_measure_itself():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") < 4.5 < contrast("#767676", "#ffffff")
