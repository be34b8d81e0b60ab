"""What goes along when divisions change: incidents that are open, and reports that still wait or belong to one."""

from django.utils.translation import gettext_noop

from anlan.places.ports import Goes

GOES = (
    Goes("incidents_incident", gettext_noop("没结束的事件"), live="t.state = 'open'"),
    Goes(
        "incidents_report", gettext_noop("没办完的报告"),
        live="t.state IN ('received', 'verifying', 'unsure', 'folded') OR EXISTS (SELECT FROM incidents_incident i "
        "WHERE i.id = t.incident_id AND i.state = 'open')",
    ),
)  # fmt: skip
