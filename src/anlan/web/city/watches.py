"""The invented city keeps watch: every district and some streets have a rota that runs now, and papers on the desk."""

import datetime as dt
from uuid import UUID

from anlan.kernel.authority import Actor
from anlan.people import queries, services
from anlan.people.terms import Targeting
from anlan.places import queries as places

STREETS = 12  # the first streets of the tree, so that a big city is not laid for minutes
DAY = [["全天", "08:30", "08:30"]]
LEADERS = ("approver", "administrative_head", "flood_head")
OFFICERS = ("district_duty", "street_duty", "disaster_informant", "department_liaison")
ITEMS = ("下穿隧道的抽水泵坏了一台，修理的人下午来", "东坡有一道裂缝，每两小时去看一次")


def keep(by: Actor) -> int:
    """Make, lay and publish this month and the next for each; returns how many rotas."""
    spots = [
        *places.visible(by).filter(level="district", until=None).order_by("path"),
        *places.visible(by).filter(level="street", until=None).order_by("path")[:STREETS],
    ]
    return sum(_rota(spot.path, spot.name, number, by) for number, spot in enumerate(spots, 1))


def _rota(path: str, name: str, number: int, by: Actor) -> int:
    leaders, officers = (_holders(path, roles) for roles in (LEADERS, OFFICERS))
    if len(leaders) < 2 or len(officers) < 3:
        return 0
    rota = services.make_rota(
        services.RotaDraft(
            name=f"{name}值班表", place_path=path, pattern={"workday": DAY, "rest": DAY}, phone=f"0519860{number:04d}",
            needs={"leader": 1, "officer": 1, "standby": 1}, keeper=officers[0], rest_hours=12,
        ),
        by=by,
    )  # fmt: skip
    services.set_members(rota.id, {"leader": leaders, "officer": officers[:6], "standby": officers[1:7]}, by=by)
    month = queries.month_start()
    for first in (month, (month + dt.timedelta(days=32)).replace(day=1)):
        services.lay_month(rota.id, first, by=by)
        services.publish(rota.id, first, by=by)
    for text, kind in zip(ITEMS, ("open", "watch"), strict=True):
        services.open_item(rota.id, text, kind=kind, by=by)
    card = services.CallCard("地铁口积水，有两个老人过不去", topic="help", spot=f"{name}地铁站 3 号口", trapped=2)
    services.note_call(rota.id, card, by=by)
    return 1


def _holders(path: str, roles: tuple[str, ...]) -> list[UUID]:
    return [one.person_id for one in queries.take(Targeting((), roles, at=(path,), on_duty=True))]
