"""WRN-03: a duty outside a call is met by the deed: no key closes it, and its message asks for none."""

import pytest

from anlan.callout.models import Obligation
from anlan.callout.services import answers, obligations
from anlan.callout.terms import Answer, How, Owed, Result
from anlan.callout.tests import mass
from anlan.kernel.authority import machine
from anlan.kernel.ids import uuid7

pytestmark = pytest.mark.django_db


def owed(cast, did="incidents.verified"):
    duty = Owed(
        "incidents.report", uuid7(), did, cast.grid.person.id, cast.grid.person.pseudonym, cast.places.grid.path,
        "有一条情况要核实", post=cast.grid.post.id, carriers=(("sms_http",),), link="/incidents/reports/x",
    )  # fmt: skip
    return obligations.owe(duty, by=machine("test"))


def test_its_message_says_where_to_do_it_and_asks_for_no_key(cast, monkeypatch):
    sms = mass.install(monkeypatch, mass.Gateway("sms_http", needs="phone"))
    owed(cast)
    mass.drain()
    (message,) = sms.asked
    assert not message.needs_answer
    assert message.link.endswith("/incidents/reports/x")
    assert message.link.startswith("http")


@pytest.mark.parametrize("how", [How.KEY, How.LISTENED, How.REPLY])
def test_no_key_closes_it(cast, monkeypatch, how):
    mass.install(monkeypatch, mass.Gateway("sms_http", needs="phone"))
    made = owed(cast)
    (outcome,) = answers.answer_many([Answer(how, obligation=made, seconds=60)])
    assert outcome.result == Result.NOT_AN_ANSWER
    assert Obligation.objects.get(id=made).state == "open"
