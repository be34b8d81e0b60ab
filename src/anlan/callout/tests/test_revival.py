"""TEA-01 变动即时生效: a mended number is used by what is running."""

from anlan.callout.services import calls, receipts
from anlan.callout.terms import Report
from anlan.callout.tests import calling, mass
from anlan.kernel.authority import machine
from anlan.ledger import services as ledger
from anlan.people import services as people


def test_a_mended_number_takes_effect_in_the_running_call(live_db, cast, monkeypatch):
    """TEA-01 变动即时生效: a dead number holds nobody out once it is mended, on whatever page that was."""
    sms = mass.install(monkeypatch, mass.Gateway("sms_http", needs="phone"))
    call = calling.start(cast)
    mass.drain()
    mine = calling.owed(call, cast.grid)
    receipts.report_many([Report(mine.id, "failed", reason="empty_number", dead=True)])
    mine.refresh_from_db()
    assert mine.dead
    people.change_person(cast.grid.person.id, people.PersonDraft(phone="13712340419"), by=machine("t"))
    ledger.drain("callout.number-changed")
    mass.drain()
    mine.refresh_from_db()
    assert not mine.dead
    assert [m.address for m in sms.sent.values() if m.person == cast.grid.person.id][-1] == "13712340419"
    calls.end(call.id, by=cast.city.actor)
