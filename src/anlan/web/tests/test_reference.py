"""The reference pages that come from the code are what the code says."""

import pytest

from anlan.web import reference


@pytest.mark.parametrize("name", ["roles.md", "api.md", "measures.md"])
def test_a_page_is_up_to_date(name):
    assert (reference.FOLDER / name).read_text(encoding="utf-8") == reference.pages()[name], "run `make reference`"
