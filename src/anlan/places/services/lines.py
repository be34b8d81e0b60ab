"""Lines that a person adds to an adjustment: a place of the tree that the table did not touch, or a wholly new one."""

from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from anlan.kernel import paths
from anlan.kernel.authority import Actor, Conflict, Invalid
from anlan.kernel.ids import uuid7
from anlan.ledger import services as ledger
from anlan.places import codes, drafts, queries, terms
from anlan.places.models import AdjustmentLine, Place
from anlan.places.services.adjusting import open_plan, retake
from anlan.places.services.tree import fits
from anlan.places.terms import Did, Fate


def _inside(path: str, top: str, name: str) -> Place:
    found = Place.objects.filter(path=path, until__isnull=True).first()
    if found is None or not paths.contains(top, found.path):
        raise Invalid({name: _("请选这次调整范围里、还在用的地方")})
    return found


@transaction.atomic
def add_line(plan_id: UUID, path: str, *, by: Actor) -> AdjustmentLine:
    """Take a place into a draft; what becomes of it is said by correcting the line. Twice is once.

    Raises Hidden, Refused, Conflict, Invalid.
    """
    made = open_plan(plan_id, by)
    place = _inside(path, made.place_path, "place")
    if place.path == made.place_path:
        raise Invalid({"place": _("不能调整范围最上面的地方自己")})
    line, _new = AdjustmentLine.objects.get_or_create(
        plan=made, was=place.path,
        defaults={"kind": Fate.UNMATCHED, "level": place.level, "was_name": place.name, "was_code": place.code,
                  "name": place.name, "revision": place.revision, "reason": _("人工添加")},
    )  # fmt: skip
    return line


@transaction.atomic
def add_fresh(plan_id: UUID, *, up: str, level: str, name: str, code: str = "", by: Actor) -> AdjustmentLine:
    """Take a new place into a draft, below `up`. Raises Hidden, Refused, Conflict, Invalid."""
    made = open_plan(plan_id, by)
    above = _inside(up, made.place_path, "up")
    said = drafts.text(name, "name")
    if level not in set(terms.Level) or not fits(level, above.level):
        raise Invalid({"level": _("这一级不能设在「%(name)s」之下") % {"name": above.name}})
    kept = codes.check(code, terms.Scheme.STAT) if code.strip() else ""
    key = f"#{uuid7()}"
    made.nodes[key] = {"name": said, "code": kept, "level": level, "up": f"={above.path}", "urban": ""}
    made.save(update_fields=["nodes"])
    line = AdjustmentLine.objects.create(
        plan=made, kind=Fate.FOUNDED, level=level, into=[f"+{key}"], name=said, code=kept, reason=_("人工添加"),
        sure=100, settled_by=by.name,
    )  # fmt: skip
    ledger.record(Did.CORRECTED, made, by=by, chain=made.pk, what=f"{said} {terms.FATE_NAMES[Fate.FOUNDED]}",
                  kind=Fate.FOUNDED, into=line.into)  # fmt: skip
    return line


@transaction.atomic
def remove_line(line_id: UUID, *, by: Actor) -> None:
    """Let a place stay as it is: its line leaves the draft. Raises Conflict for a line that another one refers to."""
    line = queries.get_line(line_id, by)
    made = open_plan(line.plan_id, by)
    if not line.was and made.lines.filter(into__contains=line.into).exclude(pk=line.pk).exists():
        raise Conflict(_("还有别的行以它为去向，先改那一行"))
    line.delete()
    retake(made)
    what = f"{line.was_name or line.name} {_('不动')}"
    ledger.record(Did.CORRECTED, made, by=by, chain=made.pk, what=what, kind="", was=line.was)
