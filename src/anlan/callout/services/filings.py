"""The yearly filing: opened some weeks before its day, confirmed once by each place's keeper, frozen from then on."""

import datetime as dt
import hashlib
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import orjson
from django.conf import settings as site
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from anlan.callout.ladder import TEXT
from anlan.callout.models import Filing
from anlan.callout.services import asked, obligations
from anlan.callout.services.checks import not_in_a_drill
from anlan.callout.terms import Act, Did, Owed
from anlan.kernel import authority, paths
from anlan.kernel.authority import Actor, Conflict, Hidden
from anlan.kernel.clock import CHINA, local, now
from anlan.ledger import services as ledger
from anlan.people import queries as people
from anlan.people.terms import Can as PeopleCan
from anlan.places import queries as places

DAY = 86_400
LAY = 1_000  # places opened in one transaction


def due_of(year: int, body: dict[str, Any]) -> dt.datetime:
    """Return the end of the day by which a year's filing is due."""
    day = dt.date(year, body["filing_month"], body["filing_day"])
    return dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), CHINA) - dt.timedelta(seconds=1)


def open_due() -> int:
    """Open this year's filing once its lead time has begun; places that came later join. Returns how many opened."""
    body, this = asked.settings(), local(now()).year
    for year in (this, this + 1):
        due = due_of(year, body)
        if due - dt.timedelta(days=body["filing_lead"]) <= now() <= due:
            return open_year(year)
    return 0


def open_year(year: int) -> int:
    """Open a year's filing for every place of the levels that file. Safe to run again. Returns how many opened."""
    units, body = own_units(), asked.settings()
    have = set(Filing.objects.filter(year=year).values_list("place_path", flat=True))
    sums = _sums(units)
    fresh = [path for path in units if path not in have and sums[path].posts]
    for at in range(0, len(fresh), LAY):
        _open(year, fresh[at : at + LAY], sums, due_of(year, body))
    return len(fresh)


def own_units() -> list[str]:
    """Return the paths of the open places that file a list of their own."""
    levels = asked.settings()["filing_levels"]
    every = places.visible(authority.machine("callout.filing"))
    return sorted(every.filter(level__in=levels).values_list("path", flat=True))


def _sums(units: Sequence[str]) -> dict[str, people.Roll]:
    """Add up each unit's own posts: those of which it is the nearest unit above."""
    known, made = set(units), {path: [0, 0, 0] for path in units}
    for path, roll in people.roll_counts().items():
        unit = next((above for above in reversed(paths.ancestors(path)) if above in known), None)
        if unit is not None:
            row = made[unit]
            row[0], row[1], row[2] = row[0] + roll.posts, row[1] + roll.vacant, row[2] + roll.bad
    return {path: people.Roll(*row) for path, row in made.items()}


@transaction.atomic
def _open(year: int, units: Sequence[str], sums: dict[str, people.Roll], due: dt.datetime) -> None:
    rows = [
        Filing(year=year, place_path=p, due_at=due, total=sums[p].posts, vacant=sums[p].vacant, bad=sums[p].bad)
        for p in units
    ]
    Filing.objects.bulk_create(rows, ignore_conflicts=True)
    keepers = people.keepers([(p, None) for p in units])
    with translation.override(site.LANGUAGE_CODE):
        why = _("%d 年备案：核对你这里的责任人名单") % year
    left = max(int((due - now()).total_seconds()), DAY)
    duties = []
    for row in rows:
        keeper = keepers.get((row.place_path, None))
        if keeper is not None:
            duties.append(Owed(
                subject_type="callout.filing", subject_id=row.id, did=Did.FILED, person=keeper.person_id,
                pseudonym=keeper.pseudonym, place_path=row.place_path, why=why, due_at=due, post=keeper.post_id,
                post_title=keeper.post_title, role=keeper.role_code, rank=keeper.rank, deputy=keeper.deputy_person_id,
                superior=keeper.superior_post_id, link=f"/people/filing?place={row.place_path}",
                ladder=(
                    {"at": max(left - 7 * DAY, left // 2), "act": Act.AGAIN, "send": TEXT},
                    {"at": left, "act": Act.SUPERIOR},
                ),
            ))  # fmt: skip
    by = authority.machine("callout.filing")
    obligations.owe_many(duties, by=by)
    for row in rows:
        ledger.record(Did.FILING_OPENED, row, by=by, year=year, total=row.total)


def subunits(place_path: str) -> tuple[str, ...]:
    """Return the highest places under a unit that file for themselves."""
    levels = asked.settings()["filing_levels"]
    every = places.visible(authority.machine("callout.filing"))
    below = every.filter(places.under([place_path]), level__in=levels).exclude(path=place_path)
    return paths.minimal(below.values_list("path", flat=True))


@transaction.atomic
def file(filing_id: UUID, digest: str, *, by: Actor) -> Filing:
    """Confirm a place's list: 名单属实. It is frozen, and its digest entered. Twice is once.

    `digest` is that of the list the keeper saw. Raises Hidden, Refused, Conflict where the list changed meanwhile.
    """
    not_in_a_drill(by)
    found = Filing.objects.select_for_update().filter(id=filing_id).first()
    if found is None or not authority.holds(by, PeopleCan.READ, at=found.place_path):
        raise Hidden(str(filing_id))
    authority.require(by, PeopleCan.WRITE, at=found.place_path)
    if found.filed_at is not None:
        return found
    rows = people.roll(found.place_path, subunits(found.place_path))
    if digest != digest_of(rows):
        raise Conflict(_("您看的时候名单又改过了，请再看一遍再确认"))
    found.roll, found.digest, found.filed_at, found.filed_by = rows, digest, now(), by.pseudonym
    found.total = len(rows)
    found.vacant = sum(row["a"] is None for row in rows)
    found.bad = sum(row["a"] is not None and row["a"]["reach"] in {"dead", "wrong", "none"} for row in rows)
    found.entry_id = ledger.record(
        Did.FILED, found, by=by, year=found.year, digest=digest, total=found.total, vacant=found.vacant
    )
    found.save()
    obligations.meet_all(found.id, Did.FILED, by=by)
    return found


def digest_of(rows: Sequence[dict[str, Any]]) -> str:
    """Return the SHA-256 of a list: of its rows as JSON, keys in order."""
    return hashlib.sha256(orjson.dumps(list(rows), option=orjson.OPT_SORT_KEYS)).hexdigest()


def looked(filing_id: UUID) -> None:
    """Note that its keeper has begun to look at the list."""
    Filing.objects.filter(id=filing_id, looked_at=None).update(looked_at=now())
