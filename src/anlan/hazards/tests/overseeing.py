"""Supervision, referrals, leads and the public list, for tests of whole tables."""

import datetime as dt

from anlan.fieldwork.services import uploads
from anlan.hazards.services import leads, publishing, referring, supervising
from anlan.hazards.terms import Did, Sender
from anlan.hazards.tests.finding import WIRES, confirmed, find, picture
from anlan.kernel.authority import machine
from anlan.ledger import queries as ledger
from anlan.people import services as people

BY = machine("test")
ORDER = supervising.Order(
    level="district", body="江岸区安委办", letter="江安督〔2026〕1 号", title="拆除飞线充电",
    demands="七天内拆完，装充电桩", due_on=dt.date(2099, 1, 1),
)  # fmt: skip


def supervised(cast):
    """Return a major hazard that the level above knows of, the district's supervision of it, and its letter."""
    shot = uploads.keep_photos([picture()], by=cast.grid.actor)
    hazard = confirmed(cast, WIRES, grade="major", uploads=shot)
    supervising.report_up([hazard.id], by=BY)
    order = supervising.supervise(hazard.id, ORDER, by=cast.district.actor)
    letter = supervising.follow_up(order.id, "江安跟〔2026〕1 号", "说明进度", by=cast.district.actor)
    hazard.refresh_from_db()
    return hazard, order, letter


def department(cast):
    """Return an enforcement department of the district, with no post yet."""
    return people.found_organisation(
        "江岸区消防救援大队", place_path=cast.places.district.path, by=BY, kind="department"
    )


def case(organisation):
    """Return a violation as it is handed to an organisation."""
    return referring.Case(
        organisation=organisation, letter="柳移〔2026〕1 号", who="老王五金店", facts="占用疏散通道给电动车充电",
        basis="消防法第二十八条", evidence="现场照片一张",
    )  # fmt: skip


def referred(cast, hazard):
    """Return a referral of a hazard to a department of the district."""
    return referring.refer(hazard.id, case(department(cast).id), by=cast.street.actor)


def posted(cast, hazard):
    """Return what the community shows residents of a hazard, with its first photo."""
    shot = hazard.evidence.first().upload_id
    return publishing.publish(hazard.id, "楼下有飞线充电", "", days=30, uploads=[shot], by=cast.community.actor)


def accused(cast):
    """Return a lead of neglect about the grid worker, opened by the district on two reports of theirs."""
    for text in ("5 栋天台堆着旧家具", "6 栋消火栓前停了车"):
        find(cast.grid, text)
    trail = ledger.trail(pseudonym=cast.grid.person.pseudonym, by=cast.district.actor, limit=20)
    chosen = [e.id for e in trail if e.did == Did.REPORTED][:2]
    return leads.open_lead(cast.grid.person.pseudonym, chosen, "隐患报来以后很久没有再去看", by=cast.district.actor)


def everything(cast):
    """One of everything at the cast's grid: the parameter of each address of oversight by its name."""
    hazard, order, letter = supervised(cast)
    shot = posted(cast, hazard).uploads[0]
    said = publishing.remark(hazard.id, "我也看到了", Sender())
    return {
        "remark_id": said.id,
        **{f"hazards:{name} hazard_id": hazard.id for name in
           ("oversight", "obstacle", "publish", "publish-photo", "public-say", "public-photo")},
        **{f"hazards:{name} upload_id": shot for name in ("publish-photo", "public-photo", "referral-photo")},
        "supervision_id": order.id, "follow_id": letter.id, "referral_id": referred(cast, hazard).id,
        "lead_id": accused(cast).id, "hazards:major-file kind": "csv", "hazards:referrals-file kind": "csv",
        "hazards:agenda-file kind": "xlsx",
    }  # fmt: skip
