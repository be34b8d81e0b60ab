r"""Makes the message catalogues that gettext reads: `python src/anlan/web/catalogue.py`. Needs polib, a build tool.

xgettext leaves a Python escape as it is written in the source (B\\u2060岗); gettext looks up the character it means.
"""

import re
from pathlib import Path

import polib

LOCALE = Path(__file__).parent / "locale"
ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})")


def plain(text: str) -> str:
    """Return the text with its Python escapes turned into characters."""
    return ESCAPE.sub(lambda found: chr(int(found[1], 16)), text)


def compiled(path: Path) -> Path:
    """Write the .mo beside a .po and return it. What is fuzzy or empty is left out: the page then shows Chinese."""
    catalogue = polib.pofile(str(path))
    for entry in catalogue:
        entry.msgid, entry.msgstr = plain(entry.msgid), plain(entry.msgstr)
    made = path.with_suffix(".mo")
    catalogue.save_as_mofile(str(made))
    return made


if __name__ == "__main__":
    for found in sorted(LOCALE.glob("*/LC_MESSAGES/*.po")):
        compiled(found)
