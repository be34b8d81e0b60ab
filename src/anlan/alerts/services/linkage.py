"""From a warning to a call: who is rung, what is prepared, what takes over, what an end of the danger proposes."""

import datetime as dt
import logging
from collections.abc import Iterable
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from anlan.alerts import queries
from anlan.alerts.models import Alert, AlertPlace, Rule
from anlan.alerts.terms import COLOUR, RANK, AlertState, Can, Did, Level
from anlan.callout.queries import affair
from anlan.callout.services import calls, obligations
from anlan.callout.terms import CallState, Draft, Owed
from anlan.kernel import authority, paths
from anlan.kernel.authority import Actor, Conflict, Hidden, Invalid, Refused
from anlan.kernel.clock import now
from anlan.ledger import services as ledger
from anlan.people import queries as people
from anlan.people.terms import Targeting

HANDLE = Did.HANDLED  # what is wanted of the duty officer: look, and decide
RING = 3  # duty officers who are rung; the first to act frees the others
CARRIERS = (("voice_http", "sms_http", "email"), ("sms_http", "email"))
AGAIN = ({"at": 60, "act": "again", "send": [["voice_http", "sms_http"]]}, {"at": 150, "act": "deputy"})
RINGS = frozenset({"Actual", "Exercise"})  # a Test, System or Draft message is kept and shown, and rings nobody
TITLE, BODY = 120, 1900
log = logging.getLogger("anlan.alerts")


def respond(alert_ids: Iterable[UUID]) -> None:
    """Do what each new alert sets off, in order; one that fails says so on itself and holds nobody up."""
    for alert_id in alert_ids:
        alert = Alert.objects.filter(id=alert_id).first()
        if alert is None or alert.status not in RINGS:
            continue
        by = authority.machine("alerts.linkage", exercise=alert.exercise_id)
        try:
            with transaction.atomic():
                _respond(alert, by=by)
        except (Invalid, Conflict, Refused, Hidden) as error:
            log.warning("no call could be prepared", extra={"chain": str(alert.chain_id)}, exc_info=True)
            ledger.record(Did.LINK_FAILED, alert, by=by, reason=str(error)[:300])
            ring(alert, _("没能自动拟好叫应，请手工处理：{title}").format(title=alert), by=by)


def _respond(alert: Alert, *, by: Actor) -> None:
    if alert.msg_type == "Cancel":
        _clear(alert, by=by)
        return
    if alert.state != AlertState.ACTIVE or alert.expires_at <= now() or alert.msg_type in {"Ack", "Error"}:
        return
    _free(alert, _("有了新的预警"), by=by)
    rule = Rule.objects.filter(level=alert.level).first() if alert.level else None
    live = affair.live(alert.chain_id, lock=True)
    running = next(((c.id, c.level) for c in live if c.state == CallState.RUNNING), None)
    for call in live:
        if call.state != CallState.RUNNING:
            calls.cancel(call.id, _("有了新的预警，这份没发的叫应作废"), by=by, tell=False)
    prepared = rule is not None and rule.prepare and not alert.unplaced and _prepare(alert, rule, running, by=by)
    if (rule is not None and rule.ring) or alert.unplaced or running is not None:
        ring(alert, _why(alert, prepared=prepared, running=running is not None), by=by)


def _prepare(alert: Alert, rule: Rule, running: tuple[UUID, str] | None, *, by: Actor) -> bool:
    """Prepare the alert's call, or the one that takes over a running one of a lower level; say whether one was."""
    if running is None:
        made = calls.prepare(draft_for(alert, rule), by=by)
    elif alert.rank > _rank(running[1]):
        made = calls.upgrade(running[0], draft_for(alert, rule), by=by)
    else:
        return False
    persons = people.preview(Targeting.from_json(made.targeting)).persons
    ledger.record(Did.RAISED if running else Did.LINKED, alert, by=by, call=made.id, persons=persons, level=alert.level)
    if made.state == CallState.DRAFT and made.drill:  # a drill waits for no second person
        calls.start(made.id, by=by)
    return True


def _rank(level: str) -> int:
    return RANK[Level(level)] if level else 0


def _why(alert: Alert, *, prepared: bool, running: bool) -> str:
    title = queries.title_of(alert)
    if alert.unplaced:
        return _("{title}：找不到它说的地方，看看和本地有没有关系").format(title=title)
    if prepared:
        return _("{title}：叫应已经拟好，看过就发").format(title=title)
    if running:
        return _("{title}有更新：看看正在进行的叫应要不要改").format(title=title)
    return _("{title}：看看要不要叫应").format(title=title)


def draft_for(alert: Alert, rule: Rule | None, *, roles: tuple[str, ...] | None = None) -> Draft:
    """Return the call an alert asks for: the places it covers, the roles of its rule, its own words.

    Those who lead the places above a small area are called too (domain-facts B4: 乡镇党政主要负责人).
    """
    rows = AlertPlace.objects.filter(alert=alert).order_by("place_path")
    covered = tuple(rows.values_list("place_path", flat=True))
    if not covered:
        raise Invalid({"targeting": _("这条预警没有落到本地的任何地方，先选要叫的地方")})
    above = tuple(sorted({up for path in covered for up in paths.ancestors(path)[:-1]}))
    told = roles if roles is not None else tuple(rule.roles if rule else ())
    levels = tuple(rule.levels if rule else ())
    return Draft(
        title=queries.title_of(alert)[:TITLE],
        body=words_of(alert),
        targeting=Targeting(covered, roles=told, levels=levels, at=above),
        level=alert.level,
        hazard=alert.hazard,
        chain=alert.chain_id,
        exercise=alert.exercise_id,
        status="exercise" if alert.drill else "actual",
        alert_id=alert.id,
        valid_until=alert.expires_at,
        place_path=alert.place_path,
        auto=bool(rule and rule.auto),
        by_role=True,
    )


def words_of(alert: Alert) -> str:
    """Return what a call reads aloud: the headline as issued, what to expect, what to do."""
    issued = alert.headline or _("{sender}发布{title}").format(sender=alert.sender_name, title=queries.title_of(alert))
    parts = [issued, alert.description, alert.instruction]
    said: list[str] = []
    for part in (" ".join(p.split()).rstrip("。；; ") for p in parts):
        if part and not any(part in before for before in said):
            said.append(part)
    return ("。".join(said) + "。")[:BODY]


def _clear(alert: Alert, *, by: Actor) -> None:
    """The danger is over: what was not sent is not sent; whether those who were called are told, a person decides."""
    _free(alert, _("预警解除了"), by=by)
    live = affair.live(alert.chain_id, lock=True)
    for call in live:
        if call.state != CallState.RUNNING:
            calls.cancel(call.id, _("预警已经解除"), by=by, tell=False)
    if any(call.state == CallState.RUNNING for call in live):
        ledger.record(Did.CLEARED, alert, by=by, calls=[c.id for c in live if c.state == CallState.RUNNING])
        why = _("{title}解除了：决定要不要给叫过的人发解除通知").format(title=queries.title_of(alert))
        ring(alert, why, by=by)


def _free(alert: Alert, reason: str, *, by: Actor) -> None:
    """Whoever still owed a look at an earlier alert of the affair owes it no more: this one is to be looked at."""
    for earlier in Alert.objects.filter(chain_id=alert.chain_id).exclude(id=alert.id).values_list("id", flat=True):
        obligations.void(earlier, reason, by=by, did=HANDLE)


def ring(alert: Alert, why: str, *, by: Actor) -> int:
    """Put an alert before the duty officers nearest to where it holds, by voice and text. Returns how many.

    The nearest are those whose posts may receive warnings at its place, or above it where nobody there does; where a
    rota runs, those on duty by it.
    """
    able = people.holders(Can.RECEIVE, at=alert.place_path, on_duty=True) or people.holders(
        Can.RECEIVE, at=alert.place_path
    )
    nearest = max((len(t.place_path) for t in able), default=0)
    rung = [t for t in able if len(t.place_path) == nearest][:RING]
    due = now() + dt.timedelta(seconds=180 if alert.level == Level.RED else 600)
    duties = [
        Owed(
            subject_type="alerts.alert", subject_id=alert.id, did=HANDLE, person=t.person_id, pseudonym=t.pseudonym,
            place_path=alert.place_path, why=why, due_at=due, post=t.post_id, post_title=t.post_title, role=t.role_code,
            rank=t.rank, deputy=t.deputy_person_id, superior=t.superior_post_id, chain=alert.chain_id,
            exercise=alert.exercise_id, drill=alert.drill, ladder=AGAIN, carriers=CARRIERS, link=f"/alerts/{alert.id}",
        )
        for t in rung
    ]  # fmt: skip
    obligations.owe_many(duties, by=by)
    for duty in duties:
        ledger.record(Did.RUNG, alert, by=by, post_title=duty.post_title, of=duty.pseudonym)
    if not duties:
        ledger.record(Did.LINK_FAILED, alert, by=by, reason=_("这里和上级都没有能收预警的值班员"))
    return len(duties)


@transaction.atomic
def handle(alert_id: UUID, note: str, *, by: Actor) -> Alert:
    """A duty officer has looked and decided: what was owed on the alert is met. Raises Hidden, Refused, Conflict."""
    alert = queries.alert(alert_id, by=by)
    authority.require(by, Can.RECEIVE, at=alert.place_path)
    changed = Alert.objects.filter(id=alert.id, handled_at=None).update(handled_at=now())
    if not changed:
        raise Conflict(_("已经有人处理过这条预警"))
    ledger.record(Did.HANDLED, alert, by=by, note=note.strip()[:300])
    obligations.meet_all(alert.id, HANDLE, by=by)
    alert.refresh_from_db()
    return alert


def called(alert_ids: Iterable[UUID], *, by: Actor) -> None:
    """The call of an alert was sent: the duty officer has done what was owed on it."""
    for alert in Alert.objects.filter(id__in=list(alert_ids), handled_at=None):
        Alert.objects.filter(id=alert.id).update(handled_at=now())
        obligations.meet_all(alert.id, HANDLE, by=by)


@transaction.atomic
def prepare_for(alert_id: UUID, *, roles: tuple[str, ...], title: str, body: str, by: Actor) -> UUID:
    """Prepare a call for an alert by hand, in place of whatever was prepared and not sent. Returns the call's id.

    A call that runs is taken over by the new one once that starts. A drill's call stays a drill.
    """
    alert = queries.alert(alert_id, by=by)
    authority.require(by, Can.RECEIVE, at=alert.place_path)
    rule = Rule.objects.filter(level=alert.level).first() if alert.level else None
    base = draft_for(alert, rule, roles=roles)
    values = {name: getattr(base, name) for name in Draft.__slots__}
    said = Draft(**values | {"title": title, "body": body, "auto": False})
    live = affair.live(alert.chain_id, lock=True)
    running = next((c for c in live if c.state == CallState.RUNNING), None)
    for call in live:
        if call.state != CallState.RUNNING:
            calls.cancel(call.id, _("改了名单或内容，重新拟"), by=authority.machine("alerts.linkage"), tell=False)
    made = calls.upgrade(running.id, said, by=by) if running else calls.prepare(said, by=by)
    return made.id


@transaction.atomic
def change_rule(
    level: str, *, prepare: bool, ring: bool, auto: bool, roles: tuple[str, ...], levels: tuple[str, ...], by: Actor
) -> Rule:
    """Change what an alert of a level sets off. Raises Refused, Invalid."""
    people.require_roots(by, Can.SETTINGS)
    rule = Rule.objects.select_for_update().filter(level=level).first()
    if rule is None:
        raise Invalid({"level": _("级别只有红、橙、黄、蓝")})
    known = {role.code for role in people.list_roles()}
    if strange := [code for code in roles if code not in known]:
        raise Invalid({"roles": _("没有这些岗位角色：{codes}").format(codes="、".join(strange))})
    rule.prepare, rule.ring, rule.auto, rule.roles, rule.levels = prepare, ring, auto, list(roles), list(levels)
    rule.save()
    ledger.record(
        Did.RULE_CHANGED, rule, by=by, level=COLOUR[Level(level)], prepare=prepare, ring=ring, auto=auto,
        roles=list(roles), levels=list(levels),
    )  # fmt: skip
    return rule
