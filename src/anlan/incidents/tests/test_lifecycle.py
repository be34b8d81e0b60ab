"""WRN-06: whatever desk and reporter do, in any order, a report stays in one list, with one lead, told at its end."""

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from anlan.callout.models import Obligation
from anlan.incidents import queries, services
from anlan.incidents.models import Incident, Report
from anlan.incidents.queries import Filter
from anlan.incidents.terms import OPEN, Did, ReportState
from anlan.incidents.tests.saying import say
from anlan.kernel.authority import Conflict, Hidden, Invalid, Refused
from anlan.ledger.models import Entry

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
ENDS = {ReportState.VERIFIED, ReportState.NOT_SO, ReportState.PASSED_ON}
ACTS = ("take", "verify", "not_so", "ask", "pass", "fold", "unfold", "reopen", "withdraw", "answer", "join", "fold_own")
STEPS = st.lists(st.tuples(st.sampled_from(ACTS), st.integers(0, 2), st.integers(0, 2)), min_size=1, max_size=14)


def do(cast, reports, act, one, other):
    desk, grid, this, that = cast.street.actor, cast.grid.actor, reports[one], reports[other]
    incident = Incident.objects.order_by("id").first()
    {
        "take": lambda: services.take_up(this, by=desk),
        "verify": lambda: services.verify(this, by=desk),
        "join": lambda: services.verify(this, by=desk, into=incident.id if incident else this),
        "not_so": lambda: services.not_so(this, "不是", by=desk),
        "ask": lambda: services.ask_back(this, "哪里？", by=desk),
        "pass": lambda: services.pass_on(this, "水务局", "", by=desk),
        "fold": lambda: services.fold(this, that, by=desk),
        "fold_own": lambda: services.fold_own(this, that, by=grid),
        "unfold": lambda: services.unfold(this, "两回事", by=desk),
        "reopen": lambda: services.reopen(this, "再看", by=desk),
        "withdraw": lambda: services.withdraw(this, "", by=grid),
        "answer": lambda: services.answer_back(this, "就是这里", by=grid),
    }[act]()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS)
def test_nothing_is_lost_whatever_is_done(cast, steps):
    with transaction.atomic():
        reports = [say(cast.grid, f"7 栋楼下积水 {n}").id for n in range(3)]
        for act, one, other in steps:
            before = {r.id: r.state for r in Report.objects.all()}
            try:
                with transaction.atomic():
                    do(cast, reports, act, one, other)
            except (Conflict, Hidden, Invalid, Refused):
                assert {r.id: r.state for r in Report.objects.all()} == before
            whole(cast, reports)
        transaction.set_rollback(True)


def whole(cast, reports):
    views = [v for v in queries.VIEWS if v not in {"all", "folded"}]
    rows = Report.objects.in_bulk(reports)
    for report in rows.values():
        seen = [v for v in views if queries.reports(cast.district.actor, Filter(view=v)).filter(id=report.id).exists()]
        folded = queries.reports(cast.district.actor, Filter(view="folded")).filter(id=report.id).exists()
        assert len(seen) == 1 or (not seen and folded and report.state == "folded")
        duties = Obligation.objects.filter(subject_id=report.id, did=Did.VERIFIED, state="open").count()
        assert (duties > 0) is (report.state in OPEN), report.state
        assert (report.state == "verified") is (report.incident_id is not None)
        if report.lead_id:
            assert rows[report.lead_id].lead_id is None, "a fold is never two deep"
            assert report.state not in OPEN
        if report.state == "folded":
            assert rows[report.lead_id].state in OPEN, "whoever waits, waits for one that is looked into"
        if report.state in ENDS:
            assert Obligation.objects.filter(subject_id=report.id, did=Did.TOLD).exists()
        assert Entry.objects.filter(subject_id=report.id, did=Did.RECEIVED).count() == 1


def test_what_was_folded_into_a_report_taken_back_is_looked_into_itself(cast):
    first, second, third = (say(cast.grid, f"7 栋楼下积水 {n}") for n in range(3))
    for one in (second, third):
        services.fold(one.id, first.id, by=cast.district.actor)
    services.withdraw(first.id, "报错了", by=cast.grid.actor)
    states = dict(Report.objects.values_list("id", "state"))
    assert states == {first.id: "withdrawn", second.id: "verifying", third.id: "folded"}
    assert Report.objects.get(id=third.id).lead_id == second.id
    whole(cast, [first.id, second.id, third.id])
