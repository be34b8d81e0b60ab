"""Forms: those somebody manages, those somebody fills in, and what was filled in."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db.models import Count, F, Max, Q, QuerySet

from anlan.fieldwork.filled import leaves
from anlan.fieldwork.models import Form, FormVersion, Submission
from anlan.fieldwork.terms import Can
from anlan.kernel import authority
from anlan.kernel.authority import Actor, Hidden
from anlan.places import queries as places


def forms(by: Actor, view: str = "all", text: str = "") -> QuerySet[Form]:
    """Return the forms that the actor manages: all, published, draft or retired."""
    rows = Form.objects.filter(places.under(authority.scopes(by, Can.FORMS), "place_path"))
    rows = {
        "published": rows.filter(current__gt=0, retired_at=None), "draft": rows.filter(current=0, retired_at=None),
        "retired": rows.filter(retired_at__isnull=False),
    }.get(view, rows)  # fmt: skip
    if text:
        rows = rows.filter(Q(title__icontains=text) | Q(code__icontains=text))
    return rows.annotate(sent=Count("submissions"), newest=Max("submissions__arrived_at")).order_by("-changed_at")


def form(form_id: UUID, *, by: Actor, locked: bool = False) -> Form:
    """Return a form that the actor manages. Raises Hidden."""
    rows = Form.objects.select_for_update() if locked else Form.objects
    found = rows.filter(places.under(authority.scopes(by, Can.FORMS), "place_path"), id=form_id).first()
    if found is None:
        raise Hidden(str(form_id))
    return found


def versions(form_id: UUID) -> list[FormVersion]:
    """Return the versions, the newest first, without the workbooks."""
    return list(FormVersion.objects.filter(form_id=form_id).defer("source").order_by("-number"))


def above(by: Actor) -> set[str]:
    """Return every path at which a form would reach the actor: those of their posts and all above."""
    return {s.path[:end] for s in by.seats for end in range(4, len(s.path) + 1, 4)} | ({""} if by.seats else set())


def to_fill(by: Actor) -> list[FormVersion]:
    """Return the published forms that the actor fills in."""
    rows = FormVersion.objects.filter(number=F("form__current"), form__retired_at=None, form__place_path__in=above(by))
    return list(rows.select_related("form").defer("source").order_by("form__title"))


def submissions(form_id: UUID, *, text: str = "") -> QuerySet[Submission]:
    """Return what was filled in, the newest first; drills apart. Whoever asks has asked for the form."""
    rows = Submission.objects.filter(form_id=form_id, exercise=None)
    if text:
        rows = rows.filter(Q(sender__icontains=text) | Q(post_title__icontains=text))
    return rows.order_by("-arrived_at", "-id")


def columns(compiled: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, str, str]]:
    """Yield (name, label, repeat it stands in or "") of every question of all given versions that holds an answer."""
    seen: set[str] = set()
    for one in compiled:
        for question in leaves(one["questions"]):
            inside = question["type"] == "repeat"
            for leaf in leaves(question["children"]) if inside else [question]:
                if leaf["name"] not in seen and leaf["type"] not in {"note", "repeat"}:
                    seen.add(leaf["name"])
                    yield leaf["name"], str(leaf.get("label", leaf["name"])), question["name"] if inside else ""


def labels(compiled: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, str]]:
    """Return {question: {choice: label}} of all given versions, the first that knows one winning."""
    found: dict[str, dict[str, str]] = {}
    for one in compiled:
        for question in leaves(one["questions"]):
            for leaf in leaves(question.get("children", [])) if question["type"] == "repeat" else [question]:
                rows = one["choices"].get(leaf.get("list", ""), [])
                known = {row["name"]: row.get("label", row["name"]) for row in rows}
                found[leaf["name"]] = known | found.get(leaf["name"], {})
    return found


class Keeps:
    """The forms that a phone keeps; few, so they are always given whole."""

    def of(self, by: Actor, since: Any) -> Mapping[str, Any]:  # noqa: ARG002 - ports.Pack's signature
        """Return {"forms": [{"id", "number", "title", "code", "version", "questions", "choices"}]}."""
        return {
            "forms": [
                one.compiled | {"id": str(one.form_id), "number": one.number, "title": one.form.title}
                for one in to_fill(by)
            ]
        }
