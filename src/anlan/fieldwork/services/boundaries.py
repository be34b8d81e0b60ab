"""What goes along when divisions change: records that wait for somebody. The others are history."""

from django.utils.translation import gettext_noop

from anlan.places.ports import Goes

GOES = (
    Goes(
        "fieldwork_record", gettext_noop("没收进来的手机记录"),
        live="t.state IN ('waiting', 'refused', 'conflict')",
    ),
    Goes("fieldwork_form", gettext_noop("手机上的表"), live="t.retired_at IS NULL"),
)  # fmt: skip
