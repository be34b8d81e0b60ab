"""Numbers to mend and empty posts (TEA-01): who cannot be reached, where, and who is to put it right."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import connection
from django.db.models import Case, Count, Exists, IntegerField, OuterRef, Q, QuerySet, Value, When

from anlan.kernel.authority import Actor
from anlan.kernel.clock import now
from anlan.people import terms
from anlan.people.models import Holding, Person, Post
from anlan.people.queries.lists import held
from anlan.people.queries.scope import in_force, persons, under, within
from anlan.people.queries.targeting import COLUMNS, Target, answers, away, seats, to_target

BAD = (terms.Reach.DEAD, terms.Reach.WRONG, terms.Reach.SILENT)
TO_MEND = Q(reach__in=BAD) | Q(phone_cipher=None)
SQL = """SELECT n.id AS person_id, n.reach, n.reach_at, n.phone_at, n.phone_cipher IS NOT NULL AS has,
  EXISTS (SELECT FROM people_holding h WHERE h.person_id = n.id AND h.until IS NULL) AS seated FROM people_person n"""
Spot = tuple[str, UUID | None]  # a place path and the superior post


@dataclass(frozen=True, slots=True)
class ToMend:
    """How many numbers lie to be mended under a place, by reason, and how many posts are empty."""

    dead: int = 0
    wrong: int = 0
    silent: int = 0
    none: int = 0
    vacant: int = 0

    @property
    def numbers(self) -> int:
        """Numbers that certainly do not reach the person; a silent one may."""
        return self.dead + self.wrong + self.none

    @property
    def listed(self) -> int:
        """Numbers on the list: those to mend, and the silent ones."""
        return self.numbers + self.silent


def numbers() -> str:
    """Return a SELECT for others' SQL: person_id, reach, reach_at, phone_at, has (a number), seated (holds a post)."""
    return SQL


def to_mend(path: str, *, by: Actor, reason: str = "", can: str = terms.Can.READ) -> QuerySet[Person]:
    """Return the persons in force whose number is dead, another's, unanswered or missing, the surest first.

    Each carries `seats_now`. `reason` is a Reach or "none" (no number at all).
    """
    found = persons(by, can).filter(TO_MEND, in_force(under(path) if path else Q()))
    if reason == "none":
        found = found.filter(phone_cipher=None)
    elif reason:
        found = found.filter(reach=reason).exclude(phone_cipher=None)
    surest = Case(
        When(reach=terms.Reach.DEAD, then=Value(0)), When(reach=terms.Reach.WRONG, then=Value(1)),
        When(phone_cipher=None, then=Value(2)), default=Value(3), output_field=IntegerField(),
    )  # fmt: skip
    return found.annotate(surest=surest).order_by("surest", "place_path", "id").prefetch_related(held())


def vacant(path: str, *, by: Actor) -> QuerySet[Post]:
    """Return the open posts under a place that nobody holds as A岗, most senior first."""
    sitting = Holding.objects.filter(post=OuterRef("pk"), until=None, seat=terms.Seat.A)
    found = Post.objects.filter(within(by, terms.Can.READ), under(path) if path else Q(), until=None)
    return found.filter(~Exists(sitting)).select_related("role").order_by("-rank", "place_path", "id")


def mend_counts(path: str, *, by: Actor) -> ToMend:
    """Return what lies to be mended under a place, in two queries."""
    none = Q(phone_cipher=None)
    row = to_mend(path, by=by).order_by().aggregate(
        dead=Count("id", filter=Q(reach="dead") & ~none), wrong=Count("id", filter=Q(reach="wrong") & ~none),
        silent=Count("id", filter=Q(reach="silent") & ~none), none=Count("id", filter=none),
    )  # fmt: skip
    return ToMend(**row, vacant=vacant(path, by=by).count())


def keepers(spots: Sequence[Spot], can: str = terms.Can.WRITE) -> dict[Spot, Target]:
    """Return who is to keep the roster for each spot, in one statement (TEA-01: the post's superior mends it).

    The superior post, if it grants `can`; else the nearest post at the place or above that does, the least senior of
    its place first. A spot for which nobody holds it is absent.
    """
    wanted = sorted(set(spots), key=lambda s: (s[0], str(s[1])))
    if not wanted:
        return {}
    fields = (
        f"h.person_id, n.pseudonym, n.name, n.phone_cipher, n.reach, p.id, p.title, p.role_code, p.rank, p.place_path, "
        f"CASE WHEN h.seat = 'A' AND NOT {away('o')} THEN o.person_id END, p.superior_id, p.level, h.seat, {away('h')}"
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"""WITH asked AS (SELECT * FROM unnest(%(paths)s::text[], %(above)s::uuid[]) AS q (path, above)),
                  able AS MATERIALIZED (
                    SELECT q.path, q.above, p.id AS post_id, (p.id = q.above) IS TRUE AS own,
                      length(p.place_path) AS deep, p.rank
                    FROM asked q JOIN people_post p ON p.until IS NULL AND (p.id = q.above OR p.place_path IN (
                      SELECT left(q.path, g) FROM generate_series(4, length(q.path), 4) g))
                    JOIN people_role r ON r.code = p.role_code AND r.grants @> ARRAY[%(can)s]::varchar[])
                SELECT DISTINCT ON (a.path, a.above) a.path, a.above, {fields}
                FROM able a JOIN {seats("p", "h", "o").replace("people_post p", "people_post p ON p.id = a.post_id", 1)}
                JOIN people_person n ON n.id = h.person_id
                WHERE {answers("h", "o")}
                ORDER BY a.path, a.above, a.own DESC, a.deep DESC, a.rank, p.id""",
            {"paths": [s[0] for s in wanted], "above": [s[1] for s in wanted], "can": str(can), "t_now": now()},
        )
        return {(row[0], row[1]): to_target(row[2 : 2 + len(COLUMNS)]) for row in cursor.fetchall()}
