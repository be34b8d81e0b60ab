"""The roles a new installation starts with, as data.

Permissions are named as words, since most of the contexts that define them stand above this one;
tests/test_starting_roles.py checks that each names a real one. Rank: higher is more senior and is called first.
Whoever `leads` takes what climbs from the posts below. Titles: domain-facts B1, B4, B7 and the requirements' texts.
"""

from dataclasses import dataclass

ANSWER = ("places.read", "alerts.see", "callout.see", "incidents.report", "hazards.report")
WATCH = (*ANSWER, "people.read", "ledger.read", "incidents.see", "hazards.see", "analytics.see", "sensing.see")
CHECK = ("hazards.see", "hazards.inspect", "sensing.see")
LOOK = (*CHECK, "sensing.verify")  # whoever is nearest looks whether a device's alarm is so (SEN-04)
DUTY = (
    *WATCH,
    "people.reveal",
    "people.write",
    "people.rota",
    "alerts.draft",
    "alerts.receive",
    "callout.prepare",
    "callout.start",
    "callout.end",
    "callout.answer-for",
    "callout.check",
    "incidents.verify",
    "hazards.confirm",
    "hazards.assign",
    "hazards.rectify",
    "hazards.accept",
    "hazards.inspect",
    "hazards.plan",
    "hazards.publish",
    "hazards.tips",
    "fieldwork.queue",
    "sensing.verify",
    "sensing.manage",
    "sensing.rules",
    "ledger.exercise",
    "ledger.verify",
)
ROSTER = ("people.import", "places.manage", "callout.robots")
COUNTS = ("people.checkin-counts",)
CHECKINS = ("people.checkins", *COUNTS)
APPROVE = ("alerts.approve", "alerts.send-urgent", "callout.approve")
OVERSEE = ("hazards.approve", "hazards.refer")
GOVERN = (*OVERSEE, "sensing.purpose", "hazards.supervise", "hazards.conduct", "hazards.informant", "analytics.gate")
MANAGE = (
    "people.accounts",
    "people.roles",
    *ROSTER,
    "places.import",
    "people.matters",
    "alerts.settings",
    "callout.check",
    "callout.policy",
    "callout.carriers",
    "hazards.library",
    "fieldwork.forms",
    "sensing.manage",
    "sensing.rules",
    "sensing.feeds",
    "sensing.send",
    "analytics.define",
    "analytics.gate",
    "ledger.read-private",
    "ledger.destroy-key",
)


@dataclass(frozen=True, slots=True)
class StartingRole:
    """One role. `aliases` are the words that rosters use for it."""

    code: str
    name: str
    rank: int
    grants: tuple[str, ...]
    aliases: tuple[str, ...] = ()
    leads: bool = False
    second_factor: bool = False
    deputy_acts: bool = True


ROLES = (
    StartingRole(
        "administrative_head",
        "行政责任人",
        95,
        (*WATCH, *COUNTS, "callout.approve"),
        ("行政首长", "主要负责人"),
        leads=True,
    ),
    StartingRole(
        "approver",
        "值班领导",
        90,
        (*DUTY, *APPROVE, *COUNTS, *GOVERN),
        ("带班领导", "值班长"),
        leads=True,
        second_factor=True,
    ),
    StartingRole("flood_head", "防汛责任人", 85, WATCH, ("防汛负责人", "三防责任人"), leads=True),
    StartingRole(
        "city_duty",
        "市值班员",
        80,
        (
            *DUTY,
            *ROSTER,
            "alerts.send-urgent",
            "people.matters",
            *COUNTS,
            *GOVERN,
            "hazards.library",
            "fieldwork.forms",
            "sensing.feeds",
            "sensing.send",
        ),
        ("市级值班员",),
        leads=True,
        second_factor=True,
    ),
    StartingRole(
        "district_duty",
        "区县值班员",
        70,
        (*DUTY, *ROSTER, "alerts.send-urgent", "people.matters", *COUNTS, *GOVERN),
        ("区值班员", "县值班员", "区级值班员", "县级值班员"),
        leads=True,
        second_factor=True,
    ),
    StartingRole(
        "department_liaison",
        "部门联络员",
        65,
        (*WATCH, "people.employer", "hazards.inspect", "hazards.plan", "hazards.accept"),
        ("联络员", "部门联络人"),
    ),
    StartingRole(
        "street_duty",
        "街镇值班员",
        60,
        (*DUTY, *ROSTER, *CHECKINS, *OVERSEE),
        ("街道值班员", "镇值班员", "乡镇值班员", "镇街值班员"),
        leads=True,
    ),
    StartingRole(
        "community_duty", "社区值班员", 50, (*DUTY, "people.import", *CHECKINS), ("村值班员", "村社值班员"), leads=True
    ),
    StartingRole("key_site_head", "重点部位责任人", 45, (*ANSWER, *LOOK), ("重点部位负责人", "点位责任人")),
    StartingRole("team_leader", "应急队长", 42, (*ANSWER, "people.read"), ("应急小队队长", "突击队长", "队长")),
    StartingRole("disaster_informant", "灾害信息员", 40, (*ANSWER, "people.read", *CHECK), ("信息员",)),
    StartingRole("supervisor", "监督员", 35, WATCH, ("督查员", "督导员")),
    StartingRole(
        "social_supervisor", "社会监督员", 32, ("places.read", "hazards.report"), ("安全监督员", "安全生产监督员")
    ),
    StartingRole(
        "grid_worker",
        "网格员",
        30,
        (*ANSWER, "people.read", *LOOK),
        ("专职网格员", "兼职网格员", "网格长"),
    ),
    StartingRole("safety_adviser", "安全劝导员", 25, (*ANSWER, *CHECK), ("劝导员",)),
    StartingRole("first_responder", "第一响应人", 20, ANSWER, ("应急第一响应人",)),
    StartingRole("building_head", "楼栋长", 15, ANSWER, ("楼长", "单元长", "楼门长")),
    StartingRole("muster_leader", "下沉组长", 12, (), ("临时组长",)),
    StartingRole("mustered", "下沉队员", 8, (), ("临时队员",)),
    StartingRole("volunteer", "志愿者", 10, ANSWER, ("志愿服务者", "应急志愿者")),
    StartingRole(
        "system_admin",
        "系统管理员",
        5,
        tuple(
            dict.fromkeys(
                (*WATCH, "people.reveal", "people.write", "people.rota", "ledger.verify", "ledger.exercise", *MANAGE)
            )
        ),
        ("管理员",),
        second_factor=True,
        deputy_acts=True,
    ),
)
