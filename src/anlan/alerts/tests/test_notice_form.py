"""WRN-04: the form of a notice keeps whatever was written while the tree of places opens, without a script."""

import re

from anlan.alerts.models import Notice


def ticked(page):
    return set(re.findall(r'name="paths" value="(\w+)" checked', page))


def offered(page):
    return set(re.findall(r'name="paths" value="(\w+)"', page))


def opened(page):
    return re.findall(r'name="opened" value="(\w+)"', page)


def test_opening_a_branch_keeps_everything_and_stores_nothing(cast):
    desk, at = cast.client("city"), cast.places
    first = desk.get("/notices/new").content.decode()
    assert at.street.path not in offered(first)
    said = {
        "matters": "今晚低处会积水", "title": "写了一半", "expires_at": "明天", "level": "orange",
        "roles": ["grid_worker"], "paths": [at.district.path], "shape": '{"type": "Point"',
    }  # fmt: skip
    answer = desk.post("/notices/new", said | {"opened": opened(first), "open": at.district.path})
    page = answer.content.decode()
    assert answer.status_code == 200
    assert at.street.path in offered(page)
    for kept in (
        "今晚低处会积水",
        "写了一半",
        "明天",
        'value="orange" checked',
        'value="grid_worker" checked',
        "Point",
    ):
        assert kept in page
    assert ticked(page) == {at.district.path}
    page = desk.post("/notices/new", said | {"opened": opened(page), "open": at.street.path}).content.decode()
    assert {at.district.path, at.street.path, at.community.path} <= offered(page)  # several levels at once
    assert not Notice.objects.exists()


def test_closing_a_branch_keeps_what_was_ticked_in_it(cast):
    desk, at = cast.client("city"), cast.places
    was = [at.city.path, at.district.path, at.street.path]
    page = desk.post(
        "/notices/new", {"opened": was, "open": at.district.path, "paths": [at.community.path]}
    ).content.decode()
    assert opened(page) == [at.city.path]
    assert ticked(page) == {at.community.path}
    assert "还勾了这些地方" in page


def test_a_kept_draft_opens_too_and_a_strange_branch_shows_nothing(cast):
    desk, at = cast.client("district"), cast.places
    desk.post("/notices/new", {"hazard": "内涝", "paths": [at.street.path]})
    made = Notice.objects.get()
    page = desk.get(f"/notices/{made.id}/edit").content.decode()
    assert ticked(page) == {at.street.path}
    page = desk.post(
        f"/notices/{made.id}/edit", {"hazard": "台风", "open": "ZZZZ", "revision": "1", "opened": ["'; --"]}
    ).content.decode()
    assert 'value="台风"' in page
    made.refresh_from_db()
    assert (made.hazard, made.revision) == ("内涝", 1)


def test_enter_in_a_field_saves_rather_than_opens(cast):
    page = cast.client("district").get("/notices/new").content.decode()
    form = page[page.index('<form method="post"') :]
    assert 'name="open"' not in form[: form.index("</button>")]


def test_places_out_of_sight_are_not_offered(cast):
    desk = cast.client("elsewhere")
    page = desk.post("/notices/new", {"open": cast.places.district.path}).content.decode()
    assert cast.places.street.path not in offered(page)
