"""SEN-04: real, false, or somebody else looks; by whoever owes it; one verdict when two speak at once."""

import pytest

from anlan.callout.models import Obligation
from anlan.kernel.authority import Conflict, Hidden, Invalid, Refused
from anlan.ledger.models import Entry
from anlan.people.tests.together import together
from anlan.sensing.models import Alarm
from anlan.sensing.services import verifying
from anlan.sensing.terms import Did
from anlan.sensing.tests.alarming import event, raised, settle


def owing(alarm):
    rows = Obligation.objects.filter(subject_id=alarm.id, state="open")
    return set(rows.values_list("person_id", flat=True))


def test_real_closed_reopened(db, cast):
    alarm = raised(cast.places.grid)
    found = verifying.verify(alarm.id, "real", "水漫到路面了", by=cast.grid.actor)
    assert (found.state, found.verdict, found.verifier_name) == ("confirmed", "real", "李小满")
    assert owing(alarm) == set()
    with pytest.raises(Conflict, match="李小满已经核实过了：属实"):
        verifying.verify(alarm.id, "false", "没有", by=cast.community.actor)
    with pytest.raises(Invalid):
        verifying.close(alarm.id, "", by=cast.community.actor)
    assert verifying.close(alarm.id, "水退了", by=cast.community.actor).state == "closed"
    assert verifying.reopen(alarm.id, "又漫上来了", by=cast.community.actor).state == "raised"
    assert owing(alarm) == {cast.grid.person.id}
    entry = Entry.objects.get(did=Did.VERIFIED_REAL)
    assert (entry.values["opinion"], entry.values["sensing_level"]) == ("水漫到路面了", 2)


def test_false_needs_a_word_and_closes(db, cast):
    alarm = raised(cast.places.grid)
    with pytest.raises(Invalid) as wrong:
        verifying.verify(alarm.id, "false", " ", by=cast.grid.actor)
    assert "opinion" in wrong.value.errors
    with pytest.raises(Invalid):
        verifying.verify(alarm.id, "maybe", "看过", by=cast.grid.actor)
    found = verifying.verify(alarm.id, "false", "枯枝挡住了探头", by=cast.grid.actor)
    assert (found.state, found.verdict) == ("closed", "false")
    assert found.closed_at is not None


def test_unsure_asks_a_second_person(db, cast):
    """SEN-04: 不确定: somebody else is asked, never the same; they may judge, or it goes further up."""
    alarm = raised(cast.places.grid)
    verifying.verify(alarm.id, "unsure", "水很浑，看不清刻度", by=cast.grid.actor)
    assert owing(alarm) == {cast.community.person.id}
    assert "复核" in Obligation.objects.get(subject_id=alarm.id, state="open").why
    with pytest.raises(Conflict, match="另一个人"):
        verifying.verify(alarm.id, "real", "想了想是真的", by=cast.grid.actor)
    verifying.verify(alarm.id, "unsure", "也看不清", by=cast.community.actor)
    assert owing(alarm) == {cast.street.person.id}
    assert verifying.verify(alarm.id, "real", "", by=cast.street.actor).verdict == "real"


def test_who_may(db, cast):
    """SEN-04: whoever owes it or may verify there; the wrong place sees nothing, the wrong role is refused."""
    alarm = raised(cast.places.community, post_id=cast.community.post.id)
    with pytest.raises(Hidden):
        verifying.verify(alarm.id, "real", "", by=cast.elsewhere.actor)
    with pytest.raises(Refused):
        verifying.verify(alarm.id, "real", "", by=cast.admin.actor)
    with pytest.raises(Hidden):
        verifying.verify(alarm.id, "real", "", by=cast.grid.actor)
    theirs = raised(cast.places.community, name="网格员看的站", post_id=cast.grid.post.id)
    assert verifying.verify(theirs.id, "real", "", by=cast.grid.actor).verdict == "real"


def test_it_rises_after_it_was_closed(db, cast):
    """SEN-04: a closed alarm whose readings rise is looked at once more; one that is dealt with is told."""
    alarm = raised(cast.places.grid)
    verifying.verify(alarm.id, "false", "枯枝挡住了", by=cast.grid.actor)
    settle(event(alarm.version, alarm.stream, 2, after=1))
    assert Alarm.objects.get().state == "closed"
    settle(event(alarm.version, alarm.stream, 3, after=2))
    again = Alarm.objects.get()
    assert (again.state, again.verdict, again.level) == ("raised", "", 3)
    assert owing(alarm) == {cast.grid.person.id}
    verifying.verify(alarm.id, "real", "", by=cast.grid.actor)
    settle(event(alarm.version, alarm.stream, 4, after=3))
    assert Alarm.objects.get().state == "confirmed"
    assert Obligation.objects.filter(subject_id=alarm.id, state="told").count() == 1


@pytest.mark.slow
def test_two_at_once(live_db, cast):
    """SEN-04: two people verify in one moment: one verdict, the other is told whose."""
    alarm = raised(cast.places.grid)
    by = (cast.grid.actor, cast.community.actor)
    came = together(
        lambda: verifying.verify(alarm.id, "real", "看到了", by=by[0]),
        lambda: verifying.verify(alarm.id, "false", "没看到", by=by[1]),
    )
    refused = [one for one in came if isinstance(one, Conflict)]
    assert len(refused) == 1, came
    assert "已经核实过了" in str(refused[0])
