"""HZD-01, HZD-06: from report to acceptance, five answers to "who"; back, on, reopened; each end is told."""

import pytest

from anlan.callout.models import Obligation
from anlan.hazards import queries, services
from anlan.hazards.models import Hazard, RoundRow
from anlan.hazards.terms import Did, Found, Owner
from anlan.hazards.tests.finding import SHOP, assigned, closed, confirmed, find, rectified
from anlan.kernel.authority import Conflict, Hidden, Invalid, Refused
from anlan.ledger.models import Entry

pytestmark = pytest.mark.django_db


def owes(hazard, did, state="open"):
    return list(
        Obligation.objects.filter(subject_id=hazard.id, did=did, state=state).order_by("id")
        .values_list("person_id", flat=True)
    )  # fmt: skip


def told(hazard):
    rows = Obligation.objects.filter(subject_id=hazard.id, state="told").order_by("number")
    return list(rows.values_list("person_id", "why"))


def test_the_whole_way_has_five_answers(cast):
    """HZD-01: reported, confirmed, assigned, rectified, accepted — each by somebody, with time and post."""
    made = find(cast.grid)
    assert (made.state, made.place_path, made.reported_name) == ("reported", cast.places.grid.path, "李小满")
    assert made.number.startswith("YH-20")
    assert owes(made, Did.CONFIRMED) == [cast.community.person.id]
    made = services.confirm(made.id, grade="general", basis="消防法 第二十八条", by=cast.community.actor)
    assert owes(made, Did.CONFIRMED) == []
    assert owes(made, Did.ASSIGNED) == [cast.community.person.id]
    made = services.assign(made.id, Owner(name="", post=cast.street.post.id), limit="d7", by=cast.community.actor)
    assert made.owner_name == cast.street.post.title
    assert owes(made, Did.RECTIFIED) == [cast.street.person.id]
    made = services.rectify(made.id, "清走了", cost=12_000, by=cast.street.actor)
    assert owes(made, Did.ACCEPTED) == [cast.community.person.id], "the nearest who did not rectify it"
    made = services.accept(made.id, "现场看了", by=cast.community.actor)
    who = (made.reported_name, made.confirmed_name, made.assigned_name, made.rectified_name, made.accepted_name)
    assert who == ("李小满", "何秀兰", "何秀兰", "吴晓燕", "何秀兰")
    assert made.state == "closed"
    assert not Obligation.objects.filter(subject_id=made.id, state="open").exists()
    assert told(made)[-1][0] == cast.grid.person.id
    row = RoundRow.objects.get()
    assert (row.done_name, row.judged_name, row.passed, row.cost) == ("吴晓燕", "何秀兰", True, 12_000)
    entries = list(Entry.objects.filter(chain=made.chain_id, did__startswith="hazards.").order_by("id"))
    assert [e.did for e in entries] == [Did.REPORTED, Did.CONFIRMED, Did.ASSIGNED, Did.RECTIFIED, Did.ACCEPTED]


def test_whoever_rectified_cannot_accept(cast):
    """HZD-01: in plain words."""
    made = rectified(cast)
    for act in (services.accept, services.refuse):
        with pytest.raises(Conflict, match="别人"):
            act(made.id, "好了", by=cast.community.actor)


def test_the_owner_cannot_accept_what_another_filled_in(cast):
    made = assigned(cast, Owner(name="", person=cast.street.person.id))
    made = services.rectify(made.id, "好了", by=cast.community.actor)
    with pytest.raises(Conflict, match="别人"):
        services.accept(made.id, "好了", by=cast.street.actor)
    assert owes(made, Did.ACCEPTED) == [cast.district.person.id]


def test_not_accepted_goes_back_and_counts(cast):
    made = rectified(cast)
    made = services.refuse(made.id, "还有两箱", by=cast.street.actor)
    assert (made.state, made.refusals, made.rectified_by) == ("assigned", 1, None)
    made = services.rectify(made.id, "两箱也清了", by=cast.community.actor)
    made = services.accept(made.id, "通了", by=cast.street.actor)
    assert list(RoundRow.objects.order_by("number").values_list("passed", flat=True)) == [False, True]


def test_rejected_is_told_with_the_reason(cast):
    made = services.reject(find(cast.grid).id, "是搬家，当天就清", by=cast.community.actor)
    assert made.state == "rejected"
    assert "当天就清" in told(made)[0][1]
    assert services.reconsider(made.id, "又堆上了", by=cast.community.actor).state == "reported"


def test_reopened_clears_the_names_and_counts(cast):
    made = closed(cast)
    made = services.reopen(made.id, "又堆满了", by=cast.community.actor)
    assert (made.state, made.reopened, made.rectified_by, made.accepted_by, made.due_at) == (
        "confirmed", 1, None, None, None,
    )  # fmt: skip
    assert RoundRow.objects.count() == 1
    made = services.assign(made.id, SHOP, by=cast.community.actor)
    made = services.rectify(made.id, "清走了", by=cast.community.actor)
    assert made.rounds == 2


def test_on_the_spot_leaves_the_acceptance_to_another(cast):
    found = Found(text="灭火器过期")
    made = services.report_settled(found, "当场换了新的", by=cast.community.actor)
    assert (made.state, made.confirmed_name, made.rectified_name) == ("rectified", "何秀兰", "何秀兰")
    with pytest.raises(Conflict):
        services.accept(made.id, "好了", by=cast.community.actor)
    assert services.accept(made.id, "看了，是新的", by=cast.street.actor).state == "closed"


def test_wrong_place_and_wrong_role(cast):
    made = find(cast.grid)
    with pytest.raises(Hidden):
        services.confirm(made.id, grade="general", by=cast.elsewhere.actor)
    with pytest.raises(Refused):
        services.confirm(made.id, grade="general", by=cast.grid.actor)
    with pytest.raises(Refused):
        services.report(Found(text="看到了"), by=cast.nobody.actor)
    with pytest.raises(Hidden):
        queries.hazard(made.id, by=cast.elsewhere.actor)


def test_bad_input_says_what_is_wrong(cast):
    with pytest.raises(Invalid) as error:
        find(cast.grid, " ", kind="none", source="x", lon=200.0, lat=1.0)
    assert set(error.value.errors) == {"text", "kind", "source", "lon"}
    made = confirmed(cast)
    with pytest.raises(Invalid, match="owner"):
        services.assign(made.id, Owner(name=""), by=cast.community.actor)
    with pytest.raises(Invalid, match="挂账"):
        services.assign(made.id, SHOP, limit="none", by=cast.community.actor)


def test_who_saw_an_older_one_is_told_so(cast):
    made = find(cast.grid)
    services.confirm(made.id, grade="general", by=cast.community.actor, revision=made.revision)
    with pytest.raises(Conflict, match="有人动过"):
        services.assign(made.id, SHOP, by=cast.street.actor, revision=made.revision)
    assert Hazard.objects.get().revision == made.revision + 1
