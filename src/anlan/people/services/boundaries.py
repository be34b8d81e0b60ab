"""What people do when divisions change: posts and persons go along, superiors are found anew."""

from collections.abc import Sequence
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext_noop

from anlan.kernel import paths
from anlan.people.models import Post
from anlan.people.services.posts import relink_superiors
from anlan.places.ports import Goes, Move

_FIRST_POST = """(SELECT h.post_id FROM people_holding h WHERE h.person_id = t.id AND h.until IS NULL
                  ORDER BY h.since, h.id LIMIT 1)"""
_STANDS = "{}.state IN ('proposed', 'standing')"
_OF_ROTA = "t.rota_id IS NULL OR t.rota_id IN (SELECT r.id FROM people_rota r WHERE r.closed_at IS NULL)"
_ROTA_TABLES = (  # read through their rota, so they stand where it stands
    "rotamonth", "shift", "shiftseat", "shiftchange", "shiftgap", "shiftsheet", "handovernote", "dutyitem", "dutycall",
)  # fmt: skip
_NAMED = {"people_organisation": 80, "people_rota": 40}  # one name once at a place; how much of it is kept
GOES = (
    Goes("people_post", gettext_noop("岗位"), live="t.until IS NULL", by="t.id"),
    Goes("people_holding", live="t.until IS NULL", by="t.post_id"),
    Goes("people_person", gettext_noop("人员"), by=_FIRST_POST),
    Goes("people_organisation", gettext_noop("单位")),
    Goes("people_duty_list", once="state", live="t.state <> 'replaced'"),
    Goes("people_ownerless", gettext_noop("无主事项"), live="t.state = 'open'", once="text"),
    Goes("people_rota", gettext_noop("值班表"), live="t.closed_at IS NULL"),
    *(Goes(f"people_{table}", live=_OF_ROTA) for table in _ROTA_TABLES),
    Goes("people_import", live="t.done_at IS NULL"),
    Goes("people_checkin", gettext_noop("报到的人"), live="t.state IN ('registered', 'listed')"),
    Goes("people_task", gettext_noop("任务"), live="t.state = 'open'"),
    Goes("people_muster", gettext_noop("编组"), live=_STANDS.format("t")),
    Goes("people_squad", live=f"t.muster_id IN (SELECT m.id FROM people_muster m WHERE {_STANDS.format('m')})"),
)
_CHOOSABLE = 200


class Follower:
    """Keeps people in step with places."""

    def before(self, move: Move) -> None:
        """Two of one name may meet at one place: those that come say where they come from."""
        for table in () if move.back else _NAMED:
            self._tell_apart(table, move)

    def _tell_apart(self, table: str, move: Move) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                f"""WITH m AS (SELECT was COLLATE "C" AS was, now COLLATE "C" AS now, name FROM
                     unnest(%s::varchar[], %s::varchar[], %s::varchar[]) AS x (was, now, name))
                   UPDATE {table} o SET name = left(o.name, {_NAMED[table]}) || '（原' || left(m.name, 36) || '）'
                   FROM m WHERE o.place_path = m.was AND m.was <> m.now AND (
                     EXISTS (SELECT FROM {table} p WHERE p.place_path = m.now AND p.name = o.name)
                     OR EXISTS (SELECT FROM {table} p JOIN m n ON p.place_path = n.was
                                WHERE n.now = m.now AND n.was <> m.was AND p.name = o.name))""",
                [
                    [p[0] for p in move.pairs],
                    [p[1] for p in move.pairs],
                    [move.names.get(p[0], "") for p in move.pairs],
                ],
            )

    def after(self, move: Move) -> None:
        """Let posts show the place and level where they stand now, and find their superiors."""
        with connection.cursor() as cursor:
            cursor.execute(
                f"""UPDATE people_post p SET place_id = s.id, level = s.level
                    FROM unnest(%s::varchar[], %s::uuid[], %s::varchar[]) AS s (path, id, level), {move.rows} w
                    WHERE w.source = 'people_post' AND p.id = w.id AND p.place_path = s.path COLLATE "C" """,
                [list(move.seats), [i for i, _ in move.seats.values()], [level for _, level in move.seats.values()]],
            )
            cursor.execute(  # the estate or building that somebody lives in goes along, or is found no more
                """UPDATE people_checkin c SET spot_path = COALESCE((
                     SELECT m.now FROM unnest(%s::varchar[], %s::varchar[]) AS m (was, now)
                     WHERE m.was = c.spot_path COLLATE "C" AND starts_with(m.now, c.place_path)), '')
                   WHERE c.spot_path <> '' AND NOT starts_with(c.spot_path, c.place_path)""",
                [[p[0] for p in move.pairs], [p[1] for p in move.pairs]],
            )
            for table in _NAMED if move.back else ():
                cursor.execute(
                    f"""UPDATE {table} o SET name = regexp_replace(o.name, '（原[^（）]*）$', '')
                        FROM {move.rows} w WHERE w.source = '{table}' AND o.id = w.id"""
                )
        touched = {path for pair in move.pairs for path in pair} | set(move.chosen.values())
        for top in paths.minimal(touched):
            relink_superiors(top)

    def choosable(self, path: str) -> Sequence[tuple[UUID, str]]:
        """Return the open posts right at a place."""
        return list(Post.objects.filter(place_path=path, until=None).order_by("-rank", "id").values_list("id", "title")[
            :_CHOOSABLE])  # fmt: skip
