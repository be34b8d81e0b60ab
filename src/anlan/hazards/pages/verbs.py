"""What one may do to a hazard, one line each: the form it asks with, what it says, and the service that does it."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms as django_forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from anlan.fieldwork.services import uploads as files
from anlan.hazards import queries, services, terms
from anlan.hazards.models import Hazard
from anlan.hazards.pages import forms, shared
from anlan.hazards.terms import Did, Owner
from anlan.kernel.authority import Actor, Conflict, Invalid
from anlan.kernel.clock import CHINA


@dataclass(frozen=True, slots=True)
class Doing:
    """What a form sent: the hazard as it was shown, its clean values, the photos' bytes, who, and what they saw."""

    hazard: Hazard
    values: dict[str, Any]
    photos: list[bytes]
    by: Actor
    revision: int

    def uploads(self) -> list[Any]:
        """Keep the photos and return their ids. Raises Invalid («photos»)."""
        return files.keep_photos(self.photos, by=self.by) if self.photos else []

    def owner(self) -> Owner:
        """Return whom the form names. Raises Invalid («words»)."""
        return chosen_owner(self.values, by=self.by)

    @property
    def at(self) -> dict[str, Any]:
        """Return what every service takes: who, and the revision they saw."""
        return {"by": self.by, "revision": self.revision}


def chosen_owner(values: dict[str, Any], *, by: Actor) -> Owner:
    """Return the owner that was picked. Raises Invalid («words») where nobody was."""
    owner = queries.owner_of(values.get("owner") or "", by=by)
    if owner is None:
        raise Invalid({"words": gettext("写谁来整改，点「找一找」，再选一个")})
    return owner


@dataclass(frozen=True, slots=True)
class Verb:
    """One act. `button` names it; `why` says what follows; `final` is one that is not undone by another press."""

    did: Did
    title: Any
    button: Any
    why: Any
    form: type[django_forms.Form]
    do: Callable[[Doing], Any]
    done: Any
    final: bool = False


def _fen(values: dict[str, Any]) -> int | None:
    return None if values.get("cost") is None else round(values["cost"] * 100)


def _into(d: Doing) -> Any:
    if number := (d.values.get("number") or "").strip():
        found = queries.numbered(number, by=d.by)
        if found is None:
            raise Invalid({"number": gettext("没有编号是 {number} 的隐患，或者不归你看").format(number=number)})
        return found.id
    if not d.values.get("into"):
        raise Invalid({"number": gettext("选一条，或者写编号")})
    return shared.uuid_of(d.values["into"], "into")


def _until(values: dict[str, Any]) -> dt.datetime | None:
    """Return the end of the chosen day."""
    day = values.get("wanted")
    return dt.datetime.combine(day, dt.time(23, 59, 59), CHINA) if day else None


def _decide(d: Doing) -> Any:
    plea = next((p for p in queries.pleas_of(d.hazard) if p.state == terms.PleaState.ASKED), None)
    if plea is None:
        raise Conflict(gettext("这个申请已经办过了"))
    v = d.values
    return services.decide(
        plea.id, granted=v["granted"] == "yes", opinion=v["opinion"], review_on=v["review_on"], **d.at
    )


def _rectify(d: Doing) -> Any:
    v = d.values
    return services.rectify(
        d.hazard.id, v["words"], uploads=d.uploads(), cost=_fen(v), name=v.get("name") or "", **d.at
    )


def _look_back(d: Doing) -> Any:
    v = d.values
    return services.look_back(d.hazard.id, good=v["good"] == "yes", opinion=v["opinion"], uploads=d.uploads(), **d.at)


def _plan(d: Doing) -> Any:
    return services.plan(d.hazard.id, **d.values, **d.at)


def _assign(do: Callable[..., Any]) -> Callable[[Doing], Any]:
    def act(d: Doing) -> Any:
        return do(d.hazard.id, d.owner(), limit=d.values["limit"], opinion=d.values["opinion"], **d.at)

    return act


def _said(do: Callable[..., Any], field: str = "opinion") -> Callable[[Doing], Any]:
    def act(d: Doing) -> Any:
        return do(d.hazard.id, d.values[field], **d.at)

    return act


BACK_TO_WORK = _("整改的人会收到消息，期限接着算，退回记 1 次。")
VERBS: dict[str, Verb] = {
    "confirm": Verb(
        Did.CONFIRMED, _("确认隐患"), _("确认隐患"), _("确认以后等指派；报的人会收到消息。"), forms.Confirm,
        lambda d: services.confirm(
            d.hazard.id, grade=d.values["grade"], limit=d.values["limit"], kind=d.values["kind"],
            basis=d.values["basis"], opinion=d.values["opinion"], **d.at,
        ), _("确认了"),
    ),
    "reject": Verb(
        Did.REJECTED, _("不算隐患"), _("记为不算隐患"), _("报的人会收到这句话。弄错了还能重新拿出来确认。"),
        forms.Opinion, _said(services.reject), _("记下了，报的人会收到消息"), final=True,
    ),
    "merge": Verb(
        Did.MERGED, _("和别的是同一个"), _("并过去"), _("两条一起办，报的人都留着，都会收到消息。不是同一个还能拆开。"),
        forms.Merge, lambda d: services.merge(d.hazard.id, _into(d), **d.at), _("并过去了，报的人都留着"), final=True,
    ),
    "part": Verb(
        Did.PARTED, _("不是同一个，拆开"), _("拆开单独办"), _("拆开以后重新确认。"), forms.Opinion,
        _said(services.part), _("拆开了"),
    ),
    "reconsider": Verb(
        Did.RECONSIDERED, _("重新拿出来确认"), _("重新确认"), _("回到等确认。"), forms.Opinion,
        _said(services.reconsider), _("拿出来了，等确认"),
    ),
    "withdraw": Verb(
        Did.WITHDRAWN, _("撤回这一条"), _("撤回"), _("没人确认之前才能撤。"), forms.Opinion, _said(services.withdraw),
        _("撤回了"), final=True,
    ),
    "regrade": Verb(
        Did.REGRADED, _("改级别"), _("改级别"), _("改成重大会报上级。期限不会自己变。"), forms.Regrade,
        lambda d: services.regrade(d.hazard.id, d.values["grade"], d.values["opinion"], **d.at), _("改了"),
    ),
    "assign": Verb(
        Did.ASSIGNED, _("指派整改"), _("指派整改"), _("有账号的马上收到消息；期限从现在算起。"), forms.Assign,
        _assign(services.assign), _("指派了，期限开始算"),
    ),
    "reassign": Verb(
        Did.REASSIGNED, _("改派"), _("改派"), _("原来的人不用再办，新的人收到消息。"), forms.Reassign,
        _assign(services.reassign), _("改派了"),
    ),
    "return": Verb(
        Did.RETURNED, _("退回，不归这里管"), _("退回重派"), _("回到等指派，指派的人会收到消息。"), forms.Opinion,
        _said(services.send_back), _("退回了"),
    ),
    "remind": Verb(
        Did.REMINDED, _("催一下"), _("催一下"), _("整改的人会收到这句话，催了几次台账都记着。"), forms.Remind,
        _said(services.remind, "words"), _("催了"),
    ),
    "plan": Verb(
        Did.PLANNED, _("写整改方案"), _("存这份方案"), _("五落实，一样一句也行。改了存成新的一版，旧的留着。"),
        forms.Plan, _plan, _("方案存好了"),
    ),
    "control": Verb(
        Did.CONTROLLED, _("记临时管控"), _("记下临时管控"), _("没改好之前先防着出事。"), forms.Controlled,
        lambda d: services.control(d.hazard.id, d.values["kind"], d.values["words"], **d.at), _("记下了"),
    ),
    "lift": Verb(
        Did.UNCONTROLLED, _("解除临时管控"), _("解除管控"), _("解除以后这里就没有防着的办法了。"), forms.Lift,
        lambda d: services.lift(shared.uuid_of(d.values["control"], "control"), d.values["words"], **d.at),
        _("解除了"), final=True,
    ),
    "rectify": Verb(
        Did.RECTIFIED, _("整改完，报验收"), _("报验收"), _("报了以后由别人验收：谁整改谁不能验收。"), forms.Rectify,
        _rectify, _("报上去了，等验收"),
    ),
    "accept": Verb(
        Did.ACCEPTED, _("验收通过，销号"), _("验收通过，销号"),
        _("通过就销号，报的人都会收到消息。再犯了可以重新打开。"), forms.Accept,
        lambda d: services.accept(
            d.hazard.id, d.values["opinion"], look_back_on=d.values["look_back_on"], **d.at
        ), _("销号了"), final=True,
    ),
    "refuse": Verb(
        Did.NOT_ACCEPTED, _("退回整改"), _("退回整改"), BACK_TO_WORK, forms.Refuse, _said(services.refuse),
        _("退回了，整改的人会收到消息"),
    ),
    "ask": Verb(
        Did.ASKED, _("申请延期、暂停计时或挂账"), _("交申请"), _("由上一级批；批下来之前期限照算。"), forms.Ask,
        lambda d: services.ask(
            d.hazard.id, d.values["plea"], d.values["reason"], wanted=_until(d.values), **d.at
        ), _("交上去了，等批"),
    ),
    "decide": Verb(
        Did.GRANTED, _("批申请"), _("写下决定"), _("申请的人会收到这句话。"), forms.Decide, _decide,
        _("批好了"), final=True,
    ),
    "continue": Verb(
        Did.CONTINUED, _("接着计时"), _("接着计时"), _("剩下的时间从现在接着走。"), forms.Nothing,
        lambda d: services.continue_clock(d.hazard.id, **d.at), _("接着计时了"),
    ),
    "resume": Verb(
        Did.RESUMED, _("摘账，接着整改"), _("摘账"), _("回到等指派，期限重新算。"), forms.Nothing,
        lambda d: services.resume(d.hazard.id, **d.at), _("摘账了"),
    ),
    "look-back": Verb(
        Did.LOOKED_BACK, _("回头看"), _("记回头看"), _("还好就记一笔；又犯了就重新打开。"), forms.LookBack, _look_back,
        _("记下了"),
    ),
    "reopen": Verb(
        Did.REOPENED, _("复发，重新打开"), _("重新打开"), _("回到等指派，报的人会收到消息。"), forms.Opinion,
        _said(services.reopen), _("重新打开了"), final=True,
    ),
    "photos": Verb(
        Did.EVIDENCE_ADDED, _("加照片"), _("加照片"), _("照片会重画一遍，去掉拍摄者和机器的信息。"), forms.Photos,
        lambda d: services.add_photos(
            d.hazard.id, d.uploads(), d.values["phase"], caption=d.values["caption"], by=d.by
        ), _("加上了"),
    ),
    "note": Verb(
        Did.NOTED, _("写一句"), _("写进经过"), _("写下的话留在经过里，改不了。"), forms.Note,
        lambda d: services.note(d.hazard.id, d.values["words"], by=d.by), _("写进去了"),
    ),
}  # fmt: skip
BY_DID = {str(verb.did): name for name, verb in VERBS.items()}
