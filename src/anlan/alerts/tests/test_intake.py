"""WRN-01: whatever comes in is kept; what can be read becomes one alert, once; the rest waits in the queue."""

import datetime as dt
import json

import pytest

from anlan.alerts import queries
from anlan.alerts.models import Alert, AlertPlace, Intake
from anlan.alerts.services.intake import dismiss, retry, take
from anlan.alerts.services.storing import expire
from anlan.alerts.terms import Can
from anlan.alerts.tests.samples import cap, info
from anlan.alerts.tests.town import officer
from anlan.kernel import clock
from anlan.kernel.authority import Conflict, Hidden, Invalid, Refused, machine
from anlan.kernel.ids import uuid7

BY = machine("test")


def taken(raw, by=BY, **more):
    intake = take(raw, by=by, **more)
    assert intake.state == "read", (intake.rule, intake.reason)
    return Alert.objects.get(intake=intake)


def drawn(alert):
    return dict(AlertPlace.objects.filter(alert=alert).values_list("place_path", "share"))


def rules(alert):
    return {f["rule"] for f in alert.findings}


def test_an_alert_is_stored_with_its_own_fields_and_its_place(town):
    alert = taken(cap())
    assert (alert.level, alert.rank, alert.hazard, alert.status, alert.drill) == ("red", 4, "暴雨", "Actual", False)
    assert drawn(alert) == {town.east: 1.0}
    assert alert.place_path == town.east
    assert alert.state == "active"


def test_the_same_bytes_and_the_same_alert_are_taken_once(town):
    take(cap(), by=BY)
    take(cap(), by=BY)
    take(cap() + b"\n", by=BY)  # other bytes, the same alert
    assert (Intake.objects.count(), Alert.objects.count()) == (2, 1)


@pytest.mark.parametrize("code", ["510104", "510104000000"])
def test_a_geocode_of_six_or_twelve_digits_finds_its_place_under_any_name(town, code):
    raw = cap(info(codes=(code,))).replace(b"CPEAS Geographic Code", "什么名字".encode())
    assert drawn(taken(raw)) == {town.east: 1.0}


def test_a_polygon_and_a_circle_find_the_deepest_places_with_their_share(town):
    half = "<areaDesc>半个区</areaDesc><polygon>30.6,104.05 30.6,104.1 30.7,104.1 30.7,104.05 30.6,104.05</polygon>"
    shares = drawn(taken(cap(info(area=half))))
    assert shares[town.east] == pytest.approx(0.5, abs=0.01)
    circle = "<areaDesc>圆</areaDesc><circle>30.65,103.95 100</circle>"
    assert set(drawn(taken(cap(info(area=circle), identifier="c1")))) >= {town.west, town.community}


def test_a_wider_code_than_ours_stands_for_part_of_it(town):
    alert = taken(cap(info(codes=("510000",))))
    assert drawn(alert) == {town.city: None}
    assert "area.wider" in rules(alert)


def test_an_area_that_matches_nothing_is_a_finding_and_the_alert_is_still_there(town):
    alert = taken(cap(info(codes=("110105",))))
    assert alert.unplaced
    assert alert.place_path == town.city
    assert {"geocode.unknown", "area.none"} <= rules(alert)
    assert list(queries.alerts(officer(town.city), queries.Filter(view="unplaced"))) == [alert]


def test_an_expiry_that_is_missing_is_a_day_after_sending(town):
    alert = taken(cap(info(expires="")))
    assert alert.expires_at - alert.sent == dt.timedelta(hours=24)
    assert alert.expiry_assumed


@pytest.mark.parametrize("status", ["Exercise", "Test", "System", "Draft", "exercise", "Foobar"])
def test_only_actual_may_be_real(town, status):
    assert taken(cap(status=status)).drill


def test_an_exercise_makes_everything_it_takes_a_drill(town):
    by = officer(town.city, exercise=uuid7())
    alert = taken(cap(), by=by)
    assert alert.drill
    assert alert.exercise_id == by.exercise
    assert not taken(cap()).drill  # the same bytes outside the drill are another thing


def update(kind, *, of="51010041600000_20260718020500_1", level="橙色", identifier="u1", hour=3):
    references = f"lanjiang@weather.test,{of},2026-07-18T02:05:00+08:00" if of else ""
    text = info(headline=f"澜江市气象台更新暴雨{level}预警", severity="Severe")
    return cap(
        text, msg_type=kind, references=references, identifier=identifier, sent=f"2026-07-18T0{hour}:05:00+08:00"
    )


def test_an_update_supersedes_and_a_cancel_ends_the_chain(town):
    first, second = taken(cap()), taken(update("Update"))
    third = taken(update("Cancel", of="u1", identifier="c1", hour=4))
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, second.state) == ("superseded", "cancelled")
    assert first.chain_id == second.chain_id == third.chain_id
    assert second.supersedes_id == first.id
    assert [a.id for a in queries.chain(first, by=officer(town.city))] == [third.id, second.id, first.id]


def test_a_cancel_that_overtook_its_alert_ends_it_on_arrival(town):
    cancel = taken(update("Cancel"))
    late = taken(cap())
    cancel.refresh_from_db()
    assert late.state == "cancelled"
    assert late.chain_id == cancel.chain_id
    assert cancel.supersedes_id == late.id


def test_an_update_without_references_follows_its_sender_and_hazard(town):
    first = taken(cap())
    taken(update("Update", of=""))
    first.refresh_from_db()
    assert first.state == "superseded"


def test_the_chinese_lists_chain_as_well(town):
    def row(verb, hour):
        return {
            "identifier": f"51010441600000_202607180{hour}0500",
            "headline": f"锦江区气象台{verb}暴雨红色预警",
            "sendTime": f"2026-07-18 0{hour}:05:00",
        }

    first = taken(json.dumps([row("发布", 1)]).encode())
    assert drawn(first) == {town.east: 1.0}
    taken(json.dumps([row("解除", 2)]).encode())
    first.refresh_from_db()
    assert first.state == "cancelled"


def test_time_ends_an_alert_once(town):
    alert = taken(cap())
    with clock.shifted(alert.expires_at - clock.now() - dt.timedelta(minutes=1)):
        assert expire(by=BY) == 0
    with clock.shifted(alert.expires_at - clock.now() + dt.timedelta(seconds=1)):
        assert (expire(by=BY), expire(by=BY)) == (1, 0)
    alert.refresh_from_db()
    assert alert.state == "expired"


def test_what_cannot_be_read_waits_whole_and_can_be_read_again(town):
    broken = cap()[:-12]
    intake = take(broken, by=BY)
    assert (intake.state, intake.rule) == ("unreadable", "xml.broken")
    assert bytes(Intake.objects.get(pk=intake.pk).raw) == broken
    by = officer(town.city)
    assert list(queries.intakes(by)) == [intake]
    again = retry(intake.id, by=by)
    assert (again.state, again.tries) == ("unreadable", 2)
    Intake.objects.filter(pk=intake.pk).update(raw=cap())  # a reader that has since learned it
    assert retry(intake.id, by=by).state == "read"
    assert Alert.objects.count() == 1
    with pytest.raises(Conflict):
        retry(intake.id, by=by)


def test_dismissing_wants_a_reason_and_keeps_the_bytes(town):
    intake = take(b"hello", by=BY)
    by = officer(town.city)
    with pytest.raises(Invalid):
        dismiss(intake.id, " ", by=by)
    dismiss(intake.id, "测试文件", by=by)
    kept = Intake.objects.get(pk=intake.pk)
    assert (kept.state, bytes(kept.raw)) == ("dismissed", b"hello")
    with pytest.raises(Conflict):
        dismiss(intake.id, "再来一次", by=by)


def test_a_fault_of_our_own_loses_nothing(town, monkeypatch):
    """A reader that throws leaves the document in the queue and nothing half stored."""
    monkeypatch.setattr("anlan.alerts.services.intake.store", lambda *a, **k: 1 / 0)
    intake = take(cap(), by=BY)
    assert (intake.state, intake.rule) == ("unreadable", "reader.failed")
    assert Alert.objects.count() == 0


def test_half_a_document_is_not_stored(town, monkeypatch):
    """Of two alerts in one document, the second of which cannot be stored, neither is."""
    rows = [
        {
            "identifier": f"5101044160000{i}_20260718020500",
            "headline": "锦江区气象台发布暴雨红色预警",
            "sendTime": "2026-07-18 02:05:00",
        }
        for i in range(2)
    ]
    real, seen = AlertPlace.objects.bulk_create, []

    def second_fails(rows):
        seen.append(1)
        return real(rows) if len(seen) == 1 else 1 / 0

    monkeypatch.setattr(AlertPlace.objects, "bulk_create", second_fails)
    intake = take(json.dumps(rows).encode(), by=BY)
    assert intake.state == "unreadable"
    assert Alert.objects.count() == 0


def test_wrong_role_is_refused_and_wrong_place_hidden(town):
    with pytest.raises(Refused):
        take(cap(), by=officer(town.city, Can.SEE))
    alert = taken(cap())
    intake = take(b"hello", by=BY)
    for act in (lambda by: queries.intake(intake.id, by=by), lambda by: queries.alert(alert.id, by=by)):
        with pytest.raises(Hidden):
            act(officer(town.west))
    assert queries.alert(alert.id, by=officer(town.community)) == alert  # the district's warning is theirs too


def test_whoever_stands_there_sees_it_in_force_and_drills_stay_out(town):
    raw = cap(info(expires="2099-01-01T00:00:00+08:00"))
    taken(raw)
    taken(raw.replace(b"Actual", b"Exercise").replace(b"020500_1", b"020500_2"))
    [band] = queries.in_force(officer(town.community))
    assert (band.level, band.title, band.where) == ("red", "暴雨红色预警", "锦江区")
    assert queries.in_force(officer(town.west)) == []


def test_a_document_is_written_once_and_an_alert_costs_few_statements(town, django_assert_max_num_queries):
    take(cap(identifier="first"), by=BY)  # the atlas and the kinds of files are known from here on
    with django_assert_max_num_queries(14) as seen:
        take(
            cap(
                info(
                    area="<areaDesc>东边</areaDesc><polygon>30.6,104 30.6,104.1 30.7,104.1 30.7,104 30.6,104</polygon>"
                ),
                identifier="second",
            ),
            by=BY,
        )
    written = [q["sql"] for q in seen.captured_queries if "alerts_intake" in q["sql"] and q["sql"].startswith("UPDATE")]
    assert written
    assert not [sql for sql in written if '"raw"' in sql]
    assert len([q for q in seen.captured_queries if "places_tree" in q["sql"]]) <= 1
