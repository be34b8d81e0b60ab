"""TEA-01: the yearly filing by the 20th of April (a setting): confirmed once, frozen, its digest in the ledger."""

import datetime as dt

import openpyxl
import pytest

from anlan.callout.models import Filing, Obligation
from anlan.callout.queries import filings as queries
from anlan.callout.services import asked, filings
from anlan.kernel import clock
from anlan.kernel.authority import Conflict, Hidden, Refused, machine
from anlan.ledger import services as ledger
from anlan.ledger.models import Entry
from anlan.people import services as people

pytestmark = pytest.mark.django_db


def at(year, month, day):
    return clock.shifted(dt.datetime(year, month, day, 10, tzinfo=clock.CHINA) - clock.now())


@pytest.fixture
def spring(cast):
    """Let the clock stand in the weeks of the filing."""
    with at(2027, 4, 1):
        filings.open_due()
        yield cast


def own(cast, place):
    return Filing.objects.get(place_path=getattr(cast.places, place).path, year=2027)


def confirm(cast, place, who):
    row = own(cast, place)
    digest = filings.digest_of(filings.people.roll(row.place_path, filings.subunits(row.place_path)))
    return filings.file(row.id, digest, by=getattr(cast, who).actor)


def test_it_opens_thirty_days_before_and_once(cast):
    with at(2027, 3, 1):
        assert filings.open_due() == 0
    with at(2027, 4, 1):
        assert filings.open_due() == 5
        assert filings.open_due() == 0
        due = Filing.objects.first().due_at
    assert clock.local(due).strftime("%m-%d %H:%M") == "04-20 23:59"
    with at(2027, 4, 21):
        assert filings.open_due() == 0
        assert queries.state(Filing.objects.first()) == "late"
    assert filings.due_of(2027, asked.settings() | {"filing_month": 5, "filing_day": 31}).month == 5


def test_every_post_lies_in_one_list(spring):
    totals = {f.place_path: f.total for f in Filing.objects.all()}
    assert sum(totals.values()) == 8
    assert totals[spring.places.community.path] == 2, "the grid's post is filed by its community"
    duty = Obligation.objects.get(subject_id=own(spring, "community").id)
    assert (duty.person_id, duty.did) == (spring.community.person.id, "callout.filed")
    assert duty.superior_id == spring.street.post.id


def test_the_keeper_confirms_and_it_is_frozen(spring):
    made = confirm(spring, "community", "community")
    assert made.roll[0]["a"]["phone"].count("*") == 4
    entry = Entry.objects.get(id=made.entry_id)
    assert (entry.did, entry.values["digest"]) == ("callout.filed", made.digest)
    assert Obligation.objects.get(subject_id=made.id).state == "met"
    people.release(spring.grid.holding.id, by=machine("t"))
    again = confirm(spring, "community", "community")
    assert (again.digest, len(again.roll)) == (made.digest, 2)
    assert again.filed_at == made.filed_at
    ledger.open_exercise("演练", place_path=spring.places.city.path, by=spring.city.actor)


def test_a_list_that_changed_meanwhile_is_not_filed(spring):
    row = own(spring, "community")
    old = filings.digest_of(filings.people.roll(row.place_path))
    people.release(spring.grid.holding.id, by=machine("t"))
    with pytest.raises(Conflict):
        filings.file(row.id, old, by=spring.community.actor)


def test_who_may(spring):
    row = own(spring, "community")
    with pytest.raises(Hidden):
        filings.file(row.id, "", by=spring.elsewhere.actor)
    post = people.create_post(
        people.PostDraft(role="disaster_informant", place_path=spring.places.community.path), by=machine("t")
    )
    people.appoint(post.id, spring.nobody.person.id, by=machine("t"))
    with pytest.raises(Refused):
        filings.file(row.id, "", by=spring.nobody.actor)


def test_the_next_year_says_what_changed(spring):
    confirm(spring, "community", "community")
    people.release(spring.grid.holding.id, by=machine("t"))
    with at(2028, 4, 1):
        filings.open_due()
        row = Filing.objects.get(place_path=spring.places.community.path, year=2028)
        (change,) = queries.changes(row, filings.people.roll(row.place_path))
        assert (change.what, change.before, change.now) == ("other", "李小满", "—")


def test_the_pages(spring, tmp_path):
    place = spring.places.community.path
    page = spring.client("community").get(f"/people/filing?place={place}").content.decode()
    assert "名单属实，备案" in page
    assert "李小满" in page
    assert "13712340418" not in page
    assert queries.state(own(spring, "community")) == "doing"
    row = own(spring, "community")
    assert spring.client("grid").post(f"/people/filing/{row.id}/file").status_code == 403
    assert spring.client("elsewhere").get(f"/people/filing/{row.id}/sheet.xlsx").status_code == 404
    digest = page.split('name="digest" value="')[1].split('"')[0]
    spring.client("community").post(f"/people/filing/{row.id}/file", {"digest": digest, "place": place})
    page = spring.client("community").get(f"/people/filing?place={place}").content.decode()
    assert "确认名单属实" in page
    assert f"/ledger/entries/{own(spring, 'community').entry_id}" in page
    above = spring.client("city").get("/people/filing").content.decode()
    assert "5 份名单备了 1 份" in above
    (tmp_path / "x.xlsx").write_bytes(spring.client("street").get(f"/people/filing/{row.id}/sheet.xlsx").content)
    cells = [c for r in openpyxl.load_workbook(tmp_path / "x.xlsx").active.iter_rows(values_only=True) for c in r if c]
    assert "确认人签字：" in cells
    assert digest in cells
    assert spring.client("city").post("/people/filing/start").status_code == 403
    assert spring.client("admin").post("/people/filing/start").status_code == 302
