"""What leaves by the open doors: CAP documents and feeds, of the whole city or of one place. Public things only."""

import datetime as dt
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from anlan.alerts import cap_write, terms
from anlan.alerts.hazards import SEVERITY
from anlan.alerts.models import Alert, AlertPlace, Intake, Notice
from anlan.alerts.queries.scope import touching
from anlan.alerts.reading import Area, Info, Reading, Reference
from anlan.kernel.authority import Hidden
from anlan.kernel.clock import local, now

WEEK = dt.timedelta(days=7)
MOST = 200


def _alerts() -> QuerySet[Alert]:
    real = Alert.objects.filter(drill=False, exercise_id=None, scope__in=["Public", ""])
    return real.exclude(msg_type__in=["Ack", "Error"])


def alerts_at(path: str) -> list[Alert]:
    """Return the public alerts of a place for its feed: in force, or of the last week; the newest first.

    A Cancel names no places in many sources; it is listed where what it cancels was.
    """
    covers = AlertPlace.objects.filter(touching([path]))
    here = covers.filter(Q(alert=OuterRef("pk")) | Q(alert=OuterRef("supersedes")))
    recent = Q(state=terms.AlertState.ACTIVE, expires_at__gt=now()) | Q(received_at__gt=now() - WEEK)
    return list(_alerts().filter(recent).filter(Exists(here)).defer("findings", "infos").order_by("-sent")[:MOST])


def notices_at(path: str = "") -> list[Notice]:
    """Return the public notices that left in the last week, of one place or of all; the newest first."""
    rows = Notice.objects.filter(
        document__isnull=False, exercise_id=None, public=True, sent_at__gte=now() - WEEK
    ).order_by("-sent_at")
    found = list(rows.defer("document")[:MOST])
    return [n for n in found if not path or any(path.startswith(p) or p.startswith(path) for p in n.covers)]


def document(identifier: UUID) -> bytes:
    """Return a public notice or alert as CAP 1.2. Raises Hidden for drills, drafts and what is restricted.

    A notice leaves byte for byte as it was written. An alert that came as one sound CAP 1.2 document leaves as it came;
    one that came in another layout is written anew, by its own sender and number.
    """
    notice = Notice.objects.filter(pk=identifier, document__isnull=False, exercise_id=None, public=True).first()
    if notice is not None:
        return bytes(notice.document or b"")
    alert = _alerts().filter(pk=identifier).select_related("supersedes").first()
    if alert is None:
        raise Hidden(_("没有这条预警或提示"))
    if alert.layout == "cap-1.2" and not alert.errors:
        intake = Intake.objects.filter(pk=alert.intake_id, alerts_read=1).first()
        raw = bytes(intake.raw) if intake else b""
        if b":cap:1.2" in raw and b"EDXLDistribution" not in raw:
            return raw
    return cap_write.write(reading_of(alert))


def reading_of(alert: Alert) -> Reading:
    """Return an alert in CAP's shape. What its layout lacked is filled in from how it was understood."""
    old = alert.supersedes
    references = [Reference(_word(old.sender), _word(old.identifier), local(old.sent).isoformat())] if old else []
    kind = "Cancel" if alert.msg_type == "Cancel" else "Update" if references else "Alert"
    return Reading(
        "cap-1.2", identifier=_word(alert.identifier), sender=_word(alert.sender or alert.sender_name) or "anlan",
        sent=alert.sent, status="Actual", msg_type=kind, scope="Public", references=references,
        infos=[_info(alert, one) for one in alert.infos] or [_info(alert, {})],
    )  # fmt: skip


def _word(text: str) -> str:
    """CAP forbids spaces, commas, < and & in identifiers and senders."""
    return "".join("_" if c in " ,<&\t\n\r" else c for c in text)


def _info(alert: Alert, kept: dict[str, Any]) -> Info:
    allowed = {"categories": CATEGORIES, "responses": RESPONSES}
    lists = {name: [v for v in kept.get(name, []) if v in words] for name, words in allowed.items()}
    said = {name: one if (one := kept.get(name, "")) in words else "" for name, words in SCALES.items()}
    level = SEVERITY[terms.Level(alert.level)] if alert.level else ""
    return Info(
        language=kept.get("language") or "zh-CN", categories=lists["categories"] or ["Other"],
        event=kept.get("event") or alert.event or alert.hazard or alert.headline or "预警",
        responses=lists["responses"], urgency=said["urgency"], severity=said["severity"] or level,
        certainty=said["certainty"], event_codes=[(k, v) for k, v in kept.get("event_codes", [])],
        effective=alert.sent, onset=alert.starts_at, expires=alert.expires_at,
        sender_name=kept.get("sender_name") or alert.sender_name, headline=kept.get("headline") or alert.headline,
        description=kept.get("description") or alert.description,
        instruction=kept.get("instruction") or alert.instruction, contact=kept.get("contact", ""),
        parameters=[(k, v) for k, v in kept.get("parameters", [])],
        areas=[_area(one) for one in kept.get("areas", [])],
    )  # fmt: skip


def _area(kept: dict[str, Any]) -> Area:
    rings = [[(x, y) for x, y in ring] for ring in kept.get("polygons", []) if len(ring) >= 4]
    return Area(
        name=kept.get("name") or "—", polygons=rings, circles=[(x, y, r) for x, y, r in kept.get("circles", [])],
        geocodes=[(k, v) for k, v in kept.get("geocodes", [])],
    )  # fmt: skip


CATEGORIES = {
    "Geo", "Met", "Safety", "Security", "Rescue", "Fire", "Health", "Env", "Transport", "Infra", "CBRNE", "Other",
}  # fmt: skip
RESPONSES = {"Shelter", "Evacuate", "Prepare", "Execute", "Avoid", "Monitor", "Assess", "AllClear", "None"}
SCALES = {
    "urgency": {"Immediate", "Expected", "Future", "Past", "Unknown"},
    "severity": {"Extreme", "Severe", "Moderate", "Minor", "Unknown"},
    "certainty": {"Observed", "Likely", "Possible", "Unlikely", "Unknown"},
}
