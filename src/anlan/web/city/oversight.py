"""What stands over the invented city's hazards: major ones reported upward and under 挂牌督办, referrals, an obstacle,
and one photo that two inspections share. All through the services, at its time.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from anlan.fieldwork.services import uploads
from anlan.hazards import services
from anlan.hazards.models import Hazard
from anlan.hazards.services import conduct, hints, referring, supervising
from anlan.hazards.services.visits import visit
from anlan.hazards.terms import Can, Found, Owner
from anlan.hazards.terms.inspections import Done
from anlan.kernel import clock, paths
from anlan.kernel.authority import Actor
from anlan.people import queries as people
from anlan.people import services as roster
from anlan.people.queries import Target
from anlan.places import queries as places
from anlan.web.city.corners import Corner
from anlan.web.city.photos import stairwell
from anlan.web.city.sightings import lent

DAY = dt.timedelta(days=1)
PHONE = "19901000001"  # of the invented series, beyond the roster's


@dataclass(frozen=True, slots=True)
class Serious:
    """A major hazard. `days` ago it was found; `until`: days left of its supervision, None for none yet."""

    text: str
    where: str
    days: float
    demands: str = ""
    until: int | None = None
    followed: bool = False


MAJOR = (
    Serious("旧厂房改的商场，二楼出口被货架封死，喷淋没有水", "沿街综合楼", 9,
            "拆掉封堵，恢复喷淋，整改期间二楼停业；每三天报一次进度", 12, followed=True),
    Serious("液化气瓶存放在地下室厨房，没有报警器和排风", "湘味小馆", 6, "停用地下室用气，气瓶移出，装报警器", 1),
    Serious("制衣坊楼上住了六个人，只有一个楼梯下来", "制衣坊", 0.05),
)  # fmt: skip


def lay(corners: Sequence[Corner], *, by: Actor) -> None:
    """Let the district, the street and a department of it look after what is serious."""
    home = corners[0]
    officer = next(iter(people.people_at(home.path[:8], ("district_duty",), limit=1)), None)
    if officer is not None:
        for n, one in enumerate(MAJOR):
            _major(home, officer, n, one, by=by)
    _referrals(home, corners[-1], by=by)
    _obstacle(home)
    _same_photo(home)


def _found(corner: Corner, text: str, where: str, grade: str, photo: int, owner: str = "") -> Hazard:
    worker = corner.workers[0]
    desk = lent(corner.desk, Can.SEE, Can.CONFIRM, Can.ASSIGN)
    finder = lent(worker, Can.REPORT, Can.SEE)
    shots = uploads.keep_photos([stairwell(photo)], by=finder)
    made = services.report(Found(text, where=where, place=worker.place_path, uploads=shots), by=finder)
    made = services.confirm(made.id, grade=grade, limit="d30" if grade == "major" else "d7", opinion="属实", by=desk)
    if owner:
        services.assign(made.id, Owner(owner), by=desk)
    return made


def _major(corner: Corner, officer: Target, n: int, one: Serious, *, by: Actor) -> None:
    """Take one as far as it has come: found and reported; taken note of, supervised; followed up, answered."""
    with clock.shifted(-one.days * DAY):
        made = _found(corner, one.text, one.where, "major", 60 + n, f"{one.where}经营者")
        supervising.report_up([made.id], by=by)
    if one.until is None:
        return
    above = lent(officer, Can.SEE, Can.SUPERVISE)
    district = places.by_path(officer.place_path).name
    with clock.shifted(-one.days * DAY + dt.timedelta(hours=1)):
        supervising.take_note(made.id, "已知悉，明天派人到现场", by=above)
    this = clock.local(clock.now())
    due = this.date() + one.until * DAY
    with clock.shifted(-(one.days - 1) * DAY):
        order = supervising.Order(
            "district", f"{district}安委办", f"安督〔{this.year}〕{n + 3} 号", f"{one.where}重大隐患", one.demands, due
        )
        row = supervising.supervise(made.id, order, by=above)
    if one.followed:
        with clock.shifted(-4 * DAY):
            letter = supervising.follow_up(row.id, f"安跟〔{this.year}〕2 号", "整改到哪一步了？把照片补上来", by=above)
        with clock.shifted(-3 * DAY):
            said = "封堵拆了一半，喷淋管道在换，预计下周试水"
            supervising.answer(letter.id, said, by=lent(corner.desk, Can.SEE, Can.RECTIFY))


def _brigade(path: str, *, by: Actor) -> tuple[UUID, Actor]:
    """Found the fire brigade of a district, with somebody at its post. Returns its id and them."""
    name = f"{places.by_path(path).name}消防救援大队"
    found = roster.found_organisation(name, place_path=path, by=by, kind="department", line="消防")
    person = roster.enrol(roster.PersonDraft(name="孔令辉", phone=PHONE), place_path=path, by=by)
    draft = roster.PostDraft(role="department_liaison", place_path=path, title=f"{name}执法科", organisation=found.id)
    roster.appoint(roster.create_post(draft, by=by).id, person.id, by=by)
    return found.id, people.actor_of_person(person.id)


def _referrals(one: Corner, other: Corner, *, by: Actor) -> None:
    """Hand two violations to the fire brigade: one waits for its receipt, one came back with its result."""
    team, officer = _brigade(one.path[: len(paths.parent(paths.parent(one.path)))], by=by)
    near = other if other.path.startswith(paths.parent(paths.parent(one.path))) else one
    year = clock.local(clock.now()).year
    with clock.shifted(-8 * DAY):
        done = _refer(near, team, f"移〔{year}〕11 号", "便民超市", "占用疏散通道堆放货物，劝过三次不改")
    with clock.shifted(-7 * DAY):
        referring.receive(done, f"消立〔{year}〕207 号", by=officer)
    with clock.shifted(-2 * DAY):
        referring.conclude(done, "现场核实属实，罚款两千元，当场清走，三日后复查合格", by=officer)
    with clock.shifted(-1 * DAY):
        _refer(one, team, f"移〔{year}〕14 号", "老地方歌厅", "安全出口上锁，应急照明全部损坏")


def _refer(corner: Corner, team: UUID, letter: str, who: str, facts: str) -> UUID:
    made = _found(corner, facts, who, "general", 70 + len(facts), f"{who}经营者")
    case = referring.Case(
        organisation=team, letter=letter, who=f"{corner.name}{who}", facts=facts,
        basis="《消防法》第二十八条、第六十条", evidence="现场照片一张，劝导记录三份",
    )  # fmt: skip
    return referring.refer(made.id, case, by=lent(corner.street, Can.SEE, Can.REFER)).id


def _obstacle(corner: Corner) -> None:
    """Let a worker, who has to mend something, say at the time what stands in the way."""
    worker = corner.workers[0]
    with clock.shifted(-2 * DAY):
        made = _found(corner, "老楼外墙空鼓，一片瓷砖要掉下来", "家属楼", "general", 80)
        owner = Owner(worker.name, post=worker.post_id, person=worker.person_id)
        services.assign(made.id, owner, by=lent(corner.desk, Can.SEE, Can.ASSIGN))
    with clock.shifted(-1 * DAY):
        said = "没有维修资金，业主大会表决要一个月；先拉了警戒线"
        conduct.say_obstacle(made.id, "money", said, by=lent(worker, Can.SEE))


def _same_photo(corner: Corner) -> None:
    """Let one person hand in the same picture for two places: a hint, for whoever checks."""
    worker = lent(corner.desk, Can.INSPECT, Can.SEE)
    under = [key for kind in ("house", "small_shop") for key, _name in corner.objects[kind]][:2]
    for days, thing in zip((3, 1), under, strict=False):
        with clock.shifted(-days * DAY):
            shots = uploads.keep_photos([stairwell(90)], by=worker)
            visit(Done(_key(thing), thing, nothing_wrong=True, conclusion="都正常", uploads=shots), by=worker)
    hints.compare()


def _key(thing: UUID) -> UUID:
    return UUID(int=thing.int ^ 0xA11A)
