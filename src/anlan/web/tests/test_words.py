"""PLT-05: English is a full second language: every sentence has one, with the same places to fill."""

import re

import polib
import pytest
from django.utils import translation

from anlan.web import catalogue, spoken

ENGLISH = catalogue.LOCALE / "en" / "LC_MESSAGES" / "django.po"
ENTRIES = list(polib.pofile(str(ENGLISH)))
CJK = re.compile(r"[\u4e00-\u9fff]")
QUOTED = re.compile(r"“[^”]*”")  # an office's own column heads are quoted as they are
PLACES = re.compile(r"%\(\w+\)\.?\d*[a-z]|%\.?\d*[a-z]|%%|\{\w*(?::[^}]*)?\}|</?\w+[^>]*>")


def said(entry):
    return list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]


def test_every_sentence_is_translated():
    missing = [e.msgid for e in ENTRIES if "fuzzy" in e.flags or not all(said(e))]
    assert not missing, "run `make messages`, then fill src/anlan/web/locale/en/LC_MESSAGES/django.po"


def test_every_place_to_fill_is_kept():
    def places(text):
        return sorted(PLACES.findall(text))

    assert not [e.msgid for e in ENTRIES for text in said(e) if places(e.msgid) != places(text)]


def test_english_is_english():
    assert not [(e.msgid, t) for e in ENTRIES for t in said(e) if CJK.search(QUOTED.sub("", t))]


def test_escapes_of_the_source_are_looked_up_as_what_they_mean(tmp_path):
    head = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\n'
    (tmp_path / "x.po").write_text(head + 'msgid "B\\\\u2060岗"\nmsgstr "Deputy"\n')
    made = polib.mofile(str(catalogue.compiled(tmp_path / "x.po")))
    assert {e.msgid: e.msgstr for e in made}["B\u2060岗"] == "Deputy"


@pytest.mark.django_db
def test_a_page_speaks_english_throughout(cast):
    if not ENGLISH.with_suffix(".mo").is_file():
        catalogue.compiled(ENGLISH)
        translation.trans_real._translations.clear()
    client = cast.client("grid")
    with translation.override("en"):  # what the middleware switches on would stay on for the tests that follow
        client.post("/language", {"language": "en", "next": "/settings"})
        page = client.get("/settings", headers={"accept": "text/html"}).content.decode()
    for own in (cast.grid.name, "柳荫街道", "竹苑社区", "第三网格", "江岸区", "澜江市", "网格员", "安澜", "中文"):
        page = page.replace(own, "")
    assert not CJK.findall(page), CJK.findall(page)
    with translation.override("en"):
        assert spoken.lasting(107) == "1 min 47 s"
