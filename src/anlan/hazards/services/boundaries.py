"""What goes along when divisions change: hazards and tasks that are open, objects that there are, plans that run."""

from django.utils.translation import gettext_noop

from anlan.places.ports import Goes

GOES = (
    Goes(
        "hazards_hazard", gettext_noop("没销号的隐患"),
        live="t.state IN ('reported', 'confirmed', 'assigned', 'rectified', 'listed')",
    ),
    Goes("hazards_object", gettext_noop("检查对象"), live="t.closed_at IS NULL"),
    Goes("hazards_task", gettext_noop("没做完的检查任务"), live="t.state = 'open'"),
    Goes("hazards_programme", gettext_noop("检查计划"), live="t.closed_at IS NULL"),
)  # fmt: skip
