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
GOES = (
    Goes("people_post", gettext_noop("岗位"), live="t.until IS NULL", by="t.id"),
    Goes("people_holding", live="t.until IS NULL", by="t.post_id"),
    Goes("people_person", gettext_noop("人员"), by=_FIRST_POST),
    Goes("people_organisation", gettext_noop("单位")),
    Goes("people_duty_list", once="state", live="t.state <> 'replaced'"),
    Goes("people_ownerless", gettext_noop("无主事项"), live="t.state = 'open'", once="text"),
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
        """Two bodies of one name may meet at one place: those that come say where they come from."""
        if move.back:
            return
        with connection.cursor() as cursor:
            cursor.execute(
                """WITH m AS (SELECT was COLLATE "C" AS was, now COLLATE "C" AS now, name FROM
                     unnest(%s::varchar[], %s::varchar[], %s::varchar[]) AS x (was, now, name))
                   UPDATE people_organisation o SET name = left(o.name, 80) || '（原' || left(m.name, 36) || '）'
                   FROM m WHERE o.place_path = m.was AND m.was <> m.now AND (
                     EXISTS (SELECT FROM people_organisation p WHERE p.place_path = m.now AND p.name = o.name)
                     OR EXISTS (SELECT FROM people_organisation p JOIN m n ON p.place_path = n.was
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
            if move.back:
                cursor.execute(
                    f"""UPDATE people_organisation o SET name = regexp_replace(o.name, '（原[^（）]*）$', '')
                        FROM {move.rows} w WHERE w.source = 'people_organisation' AND o.id = w.id"""
                )
        touched = {path for pair in move.pairs for path in pair} | set(move.chosen.values())
        for top in paths.minimal(touched):
            relink_superiors(top)

    def choosable(self, path: str) -> Sequence[tuple[UUID, str]]:
        """Return the open posts right at a place."""
        return list(Post.objects.filter(place_path=path, until=None).order_by("-rank", "id").values_list("id", "title")[
            :_CHOOSABLE])  # fmt: skip
