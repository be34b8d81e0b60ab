"""What the settings pages show: versions of a policy, carriers with their state."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from anlan.callout.carriers import address_of, discover, tuning
from anlan.callout.carriers.tuning import Setting
from anlan.callout.models import Carrier, Policy, Template
from anlan.callout.terms import SAFE_CARRIERS
from anlan.people import queries as people
from anlan.people.terms import AddressKind


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a policy: who made it, when."""

    version: int
    made_at: dt.datetime
    made_by: str
    current: bool


def versions(code: str, limit: int = 10) -> list[Version]:
    """Return the newest versions of a policy."""
    rows = list(Policy.objects.filter(code=code).order_by("-version")[:limit])
    names = people.names_of({p.made_by for p in rows if p.made_by})
    return [Version(p.version, p.made_at, names.get(p.made_by, "") if p.made_by else "", p.current) for p in rows]


def sentences(*, role: str = "", hazard: str = "", text: str = "") -> QuerySet[Template]:
    """Return the sentences for roles that are in force, narrowed; by hazard, the most general first."""
    rows = Template.objects.filter(current=True).exclude(text="")
    if role:
        rows = rows.filter(role=role)
    if hazard:
        rows = rows.filter(hazard=hazard)
    if text:
        rows = rows.filter(text__icontains=text)
    return rows.order_by("hazard", "role", "level", "directive")


def sentence_versions(kept: Template, limit: int = 10) -> list[tuple[Template, str]]:
    """Return the newest versions of a sentence, each with who made it."""
    same = Template.objects.filter(role=kept.role, hazard=kept.hazard, level=kept.level, directive=kept.directive)
    rows = list(same.order_by("-version")[:limit])
    names = people.names_of({t.made_by for t in rows if t.made_by})
    return [(t, names.get(t.made_by, "") if t.made_by else "") for t in rows]


@dataclass(frozen=True, slots=True)
class Standing:
    """A carrier as the settings page shows it. `state`: off, lacking (switched on, not set up), failing, ok, unused."""

    name: str
    label: str
    safe: bool
    state: str
    row: Carrier
    lacking: tuple[str, ...]
    answers: tuple[str, ...]
    needs: str
    asks: str
    callback: bool
    address: AddressKind | None = None
    page: str = ""


def standing(row: Carrier) -> Standing:
    """Judge one carrier by its row."""
    found = discover()[row.name]
    fields: tuple[Setting, ...] = getattr(found, "fields", ())
    lacking = tuple(tuning.lacking(fields, row.settings))
    if not row.enabled:
        state = "off"
    elif lacking:
        state = "lacking"
    elif row.failing_since is not None:
        state = "failing"
    else:
        state = "ok" if row.last_ok_at is not None else "unused"
    return Standing(
        row.name, str(found.label), row.name in SAFE_CARRIERS, state, row, lacking, tuple(sorted(found.answers)),
        found.needs, str(getattr(found, "asks", "")), hasattr(found, "hear") or any(f.name == "secret" for f in fields),
        address_of(found), str(getattr(found, "page", "")),
    )  # fmt: skip


def boxes(row: Carrier, given: dict[str, str] | None = None) -> list[dict[str, Any]]:
    """Return a carrier's settings as boxes of a form: the setting, what stands in it, whether a secret is kept."""
    fields: tuple[Setting, ...] = getattr(discover()[row.name], "fields", ())
    made = []
    for field in fields:
        kept = row.settings.get(field.name, field.default)
        secret = field.kind == "secret"
        value = "" if secret else kept
        if given is not None and not secret:
            value = field.name in given if field.kind == "yes" else given.get(field.name, "")
        made.append({"setting": field, "value": value, "kept": secret and bool(kept)})
    return made
