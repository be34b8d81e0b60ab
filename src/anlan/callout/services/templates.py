"""Sentences for roles, as data: chosen for a draft, changed into a new version (WRN-05)."""

from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from anlan.callout import role_words
from anlan.callout.models import Template
from anlan.callout.role_words import Sentence
from anlan.callout.terms import Can, Did, Directive, Draft, Kind, Level
from anlan.kernel.authority import Actor, Conflict, Hidden, Invalid
from anlan.kernel.clock import local, now
from anlan.ledger import services as ledger
from anlan.people import queries as people

_COLOURS = {Level.RED: "红色", Level.ORANGE: "橙色", Level.YELLOW: "黄色", Level.BLUE: "蓝色", Level.NONE: ""}


def sentences() -> list[Sentence]:
    """Return every sentence in force."""
    rows = Template.objects.filter(current=True).values_list("role", "hazard", "level", "directive", "text")
    return [Sentence(*row) for row in rows]


def by_role(draft: Draft) -> dict[str, str]:
    """Return what each role of a draft has to do, filled but for {地点}; {} for an all-clear and a cancellation.

    A reminder's never asks for a check-in, whatever somebody wrote into a sentence.
    """
    if draft.kind in {Kind.ALL_CLEAR, Kind.CANCEL}:
        return {}
    directive = "" if draft.directive == Directive.WARNING else draft.directive
    fitting = role_words.fitting(sentences(), hazard=draft.hazard, level=draft.level, directive=directive)
    values = {
        "时间": f"{local(now()):%m月%d日 %H:%M}",
        "期限": f"{local(draft.result_due):%m月%d日 %H:%M}" if draft.result_due else "",
        "灾种": draft.hazard,
        "级别": _COLOURS.get(Level(draft.level), "") if draft.level in set(Level) else "",
        "标题": draft.title.strip(),
    }
    made = {role: role_words.filled(text, values) for role, text in fitting.items()}
    if draft.directive == Directive.REMINDER:
        made = {role: text for role, text in made.items() if not role_words.CHECK_IN.search(text)}
    wanted = set(draft.targeting.roles)
    return {role: text for role, text in made.items() if not wanted or role in wanted}


@transaction.atomic
def change(role: str, hazard: str, level: str, directive: str, text: str, *, by: Actor, version: int = 0) -> Template:
    """Write the sentence of a case as a new version; an empty text takes the more general one away. 0: a new case.

    `version` is the one that was edited. Raises Refused, Invalid (field by field), Conflict.
    """
    people.require_roots(by, Can.POLICY)
    _check(role, hazard, level, directive, text.strip())
    old = Template.objects.select_for_update().filter(
        role=role, hazard=hazard, level=level, directive=directive, current=True
    ).first()  # fmt: skip
    if (old.version if old else 0) != version:
        raise Conflict(_("别人刚改过这句话，或者这句话已经有了，请看了新的再改"))
    if old is not None:
        old.current = False
        old.save(update_fields=["current"])
    made = Template.objects.create(
        role=role,
        hazard=hazard,
        level=level,
        directive=directive,
        text=text.strip(),
        version=version + 1,
        made_by=by.pseudonym,
    )
    name = next((r.name for r in people.list_roles() if r.code == role), role)
    ledger.record(
        Did.TEMPLATE_CHANGED, made, by=by, role=name, hazard=hazard, level=level, directive=directive,
        version=made.version, text=made.text,
    )  # fmt: skip
    return made


def _check(role: str, hazard: str, level: str, directive: str, text: str) -> None:
    wrong: dict[str, str] = {}
    if role not in {r.code for r in people.list_roles()}:
        wrong["role"] = _("没有这个岗位角色")
    if hazard not in {"", *role_words.FAMILIES}:
        wrong["hazard"] = _("没有这类灾害")
    if level not in set(Level):
        wrong["level"] = _("级别只能是红、橙、黄、蓝，或者不分")
    if directive not in set(Directive) | {""}:
        wrong["directive"] = _("指令只有通知、提醒、任务、命令四种，或者不分")
    if len(text) > role_words.MOST:
        wrong["text"] = _("最多写 {most} 个字").format(most=role_words.MOST)
    elif strange := role_words.unknown(text):
        known = "、".join(role_words.PLACES)
        wrong["text"] = _("不认识 {{{what}}}，能填的有：{known}").format(what=strange[0], known=known)
    elif directive == Directive.REMINDER and (asked := role_words.CHECK_IN.search(text)):
        wrong["text"] = _("提醒不能要求{what}；要办事、要结果，请改成任务").format(what=asked[0])
    if wrong:
        raise Invalid(wrong)


def get(template_id: UUID) -> Template:
    """Return one version of a sentence. Raises Hidden."""
    found = Template.objects.filter(id=template_id).first()
    if found is None:
        raise Hidden(str(template_id))
    return found
