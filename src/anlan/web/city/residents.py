"""What residents of the invented city say: 随手拍 at every stage, a reward, remarks and votes on what is public.

All through the services that the public pages use, at its time.
"""

import datetime as dt
import random
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from anlan.fieldwork.services import uploads
from anlan.hazards import services
from anlan.hazards.services import informants, publishing, rewards, tip_desk, tips
from anlan.hazards.terms import Can, Found, Owner, Said, Sender
from anlan.kernel import clock
from anlan.kernel.authority import Actor
from anlan.web.city.corners import Corner
from anlan.web.city.photos import stairwell
from anlan.web.city.sightings import lent


@dataclass(frozen=True, slots=True)
class Told:
    """A tip: `ago` in hours; `end`: accept, decline, forward, or "" where it waits; `words`: what the desk says.

    `phone` "" where it was sent without a name; `hasty`: filled in as machines do, so it lies apart.
    """

    text: str
    where: str
    ago: float
    end: str = ""
    words: str = ""
    phone: str = ""
    photo: int = 0
    hasty: bool = False
    yuan: str = ""


TOLD = (
    Told("楼道里一股煤气味，三楼窗户开着才好一点", "5 号楼 2 单元", 100, "accept", phone="19900000001", yuan="200"),
    Told("小区北门的消防栓被广告牌挡住了，拧不开", "北门", 76, "accept", photo=41, yuan="50"),
    Told("充电棚里的插座烧黑了，还有人在用", "南门充电棚", 52, "accept", photo=42),
    Told("楼上每天晚上跳广场舞，吵得睡不着", "小广场", 49, "decline", "不是安全隐患。请拨 12345，或者到社区当面说。"),
    Told("河堤边上的护栏断了三米，小孩在那里玩", "江边步道", 47, "forward", "护栏归市政养护，转过去了，三天内修好。",
         phone="19900000002"),
    Told("电梯里老有人推电动车上来，昨天还冒烟", "7 号楼", 20, photo=43, phone="19900000003"),
    Told("雨水口又堵了，昨晚那点雨就积到脚踝", "东门低处", 9, photo=44),
    Told("电梯里老有人推电动车上来，昨天还冒烟", "7 号楼", 7),
    Told("空调外机架子锈断了，挂在六楼，下面是人行道", "沿街商铺二楼以上", 3, phone="19900000004"),
    Told("办证刻章贷款，加微信详谈，价格优惠", "", 5, hasty=True),
    Told("高价回收旧手机旧电脑，电话联系", "", 2, hasty=True),
)  # fmt: skip
OPEN = (  # told, public words, days ago; residents' remarks with the desk's answer ("" waits, "-" is not shown)
    ("楼道里堆了纸箱和旧沙发，只能侧身过", "楼道里堆着杂物，正在请住户清走", 6,
     (("我家对门也堆了，能不能一起清？", "可以，星期六上午一起清，物业派车。"), ("清完请贴个告示，免得再堆", "")), 3),
    ("地下车库的挡水板少了两块，一下大雨就进水", "地下车库入口缺挡水板，已经订货", 9,
     (("什么时候到货？快下雨了", "本周五到，到货以前先用沙袋。"), ("物业不作为，某某某该下台", "-")), 5),
    ("充电棚的灭火器过期了，棚顶也漏雨", "充电棚的灭火器过期，正在更换", 3, (("南门那个棚子也看看", ""),), 2),
)  # fmt: skip


def lay(dice: random.Random, corners: Sequence[Corner]) -> None:
    """Let residents of the first communities speak, and their desks answer."""
    for told in TOLD:
        _tip(dice, corners[0], told)
    for n, (text, public, days, remarks, votes) in enumerate(OPEN):
        corner = corners[min(n // 2, len(corners) - 1)]
        with clock.shifted(-dt.timedelta(days=days)):
            hazard, shots = _known(corner, text, 50 + n)
            desk = lent(corner.desk, Can.SEE, Can.PUBLISH)
            publishing.publish(hazard, public, "", days=30, uploads=shots, by=desk)
        with clock.shifted(-dt.timedelta(days=days / 2)):
            _remarks(hazard, remarks, desk)
            for voter in range(votes):
                publishing.vote(hazard, _sender(f"{n}-voter-{voter}"))


def _sender(name: str) -> Sender:
    return Sender(network=informants.mark("network", name), device=informants.mark("device", name))


def _tip(dice: random.Random, corner: Corner, told: Told) -> None:
    worker = corner.workers[0]
    lon, lat = corner.grids.get(worker.place_path, (corner.lon, corner.lat))
    said = Said(
        told.text, UUID(int=dice.getrandbits(128), version=4), place=worker.place_path, where=told.where, lon=lon,
        lat=lat, accuracy=15.0, name="陈女士" if told.phone else "", phone=told.phone, hasty=told.hasty,
        photos=[stairwell(told.photo)] if told.photo else [],
    )  # fmt: skip
    with clock.shifted(-dt.timedelta(hours=told.ago)):
        tip, code = tips.send(said, _sender(f"tip-{told.ago}"))
    desk = lent(corner.desk, Can.SEE, Can.TIPS)
    with clock.shifted(-dt.timedelta(hours=told.ago * 0.8)):
        if told.end == "decline":
            tip_desk.decline(tip.id, told.words, by=desk)
        elif told.end == "forward":
            tip_desk.forward(tip.id, "市政养护所", told.words, by=desk)
        elif told.end == "accept":
            tip_desk.accept(tip.id, by=desk)
    if told.yuan:
        _reward(corner, tip.id, code, told, desk)


def _reward(corner: Corner, tip: UUID, code: str, told: Told, desk: Actor) -> None:
    """Propose one; where the resident is known by a number it is approved and paid, else it waits."""
    with clock.shifted(-dt.timedelta(hours=told.ago * 0.5)):
        row = rewards.propose(tip, told.yuan, "报得及时，避免了一起事故", by=desk)
        if told.phone:
            rewards.decide(row.id, granted=True, opinion="同意", by=lent(corner.street, Can.APPROVE, Can.TIPS))
            rewards.pay(row.id, code, by=desk)


def _known(corner: Corner, text: str, photo: int) -> tuple[UUID, list[UUID]]:
    """Return a hazard that a worker of the community found, being mended, with its photos."""
    worker = lent(corner.workers[-1], Can.REPORT, Can.SEE)
    desk = lent(corner.desk, Can.SEE, Can.CONFIRM, Can.ASSIGN)
    shots = uploads.keep_photos([stairwell(photo)], by=worker)
    found = Found(text, place=corner.workers[-1].place_path, uploads=shots)
    made = services.report(found, by=worker)
    services.confirm(made.id, grade="general", limit="d15", opinion="情况属实", by=desk)
    services.assign(made.id, Owner(f"{corner.name.removesuffix('社区')}物业服务中心"), by=desk)
    return made.id, shots


def _remarks(hazard: UUID, remarks: Sequence[tuple[str, str]], desk: Actor) -> None:
    for n, (text, answer) in enumerate(remarks):
        made = publishing.remark(hazard, text, _sender(f"{hazard}-{n}"))
        if answer:
            shown = answer != "-"
            publishing.moderate(made.id, shown=shown, words=answer if shown else "指名道姓骂人", by=desk)
