"""Forms are read from XLSForm, looked at, published (then frozen) and retired; what is filled in is checked again."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from anlan.fieldwork import filled, ports, queries, xlsform
from anlan.fieldwork.models import Form, FormVersion, Submission
from anlan.fieldwork.ports import Finding, Outcome, Record
from anlan.fieldwork.services import syncing, uploads, wording
from anlan.fieldwork.terms import Can, Did
from anlan.fieldwork.xlsform import Fault
from anlan.kernel import authority, clock
from anlan.kernel.authority import Actor, Conflict, Hidden, Invalid
from anlan.ledger import services as ledger

REASON = (4, 300)  # characters of why a form is published over what a gate found


def words(fault: Fault) -> str:
    """Return what is wrong with a form in plain words, with its row."""
    said = {
        "kind": _("这不是 Excel 文件，要 .xlsx"), "large": _("文件太大，最多 2 MB"),
        "unreadable": _("打不开这个文件：{said}"), "pyxform": "{said}",
        "empty": _("survey 表里没有题目"), "many": _("题目最多 500 道，选项最多 20000 个"),
        "type": _("还不会这种题：{said}"), "name": _("题目的 name 只能用字母、数字和下划线：{said}"),
        "twice": _("两道题用了同一个 name：{said}"), "reference": _("用到的 ${{{said}}} 没有这道题"),
        "expression": _("式子读不懂：{said}"), "nested": _("重复组里不能再有重复组：{said}"),
        "no-calculation": _("calculate 没写怎么算：{said}"), "told": _("{said} 不收集，跳过了"),
        "left-out": _("{said} 还不会，跳过了"),
    }[fault.code].format(said=wording.plainly(fault.said) if fault.code == "pyxform" else fault.said)  # fmt: skip
    return _("第 {row} 行：{said}").format(row=fault.row, said=said) if fault.row else said


def compiled(content: bytes) -> tuple[dict[str, Any] | None, list[str], list[str]]:
    """Return an XLSForm as JSON (None where something stops it), what stops it, what of it is left out, in words.

    For a context that makes something of its own of a form: a checklist of hazards.
    """
    made, faults = xlsform.read(content)
    stops, left = ([words(f) for f in faults if f.stops is stop] for stop in (True, False))
    return (made.as_json() if made else None), stops, left


@transaction.atomic
def import_form(content: bytes, *, place: str, by: Actor) -> Form:
    """Read an XLSForm as a draft, the next version where its form_id is known. Raises Invalid («file») row by row."""
    authority.require(by, Can.FORMS, at=place)
    made, faults = xlsform.read(content)
    if made is None:
        raise Invalid({"file": "\n".join(words(f) for f in faults if f.stops)})
    if not made.code or not made.title:
        raise Invalid({"file": _("settings 表里要写 form_title 和 form_id")})
    Form.objects.bulk_create([Form(code=made.code, title=made.title, place_path=place)], ignore_conflicts=True)
    form = Form.objects.select_for_update().get(code=made.code)
    if not authority.holds(by, Can.FORMS, at=form.place_path):
        raise Conflict(_("别处已经有 form_id 是 {code} 的表，换一个").format(code=made.code))
    newest = FormVersion.objects.filter(form=form).order_by("-number").defer("source").first()
    number = 1 if newest is None else newest.number + (newest.published_at is not None)
    FormVersion.objects.filter(form=form, number=number, published_at=None).delete()
    FormVersion.objects.create(
        form=form, number=number, compiled=made.as_json(), source=content, imported_by=by.name[:60],
        left_out=[words(f) for f in faults],
    )  # fmt: skip
    form.changed_at = clock.now()
    form.title = made.title if form.current == 0 else form.title
    form.save(update_fields=["changed_at", "title"])
    return form


def findings(version: FormVersion, *, by: Actor) -> list[Finding]:
    """Return what the gates say of a version (EVL-03): fields that are known already, a form too many."""
    compiled = version.compiled
    form = xlsform.Form(
        compiled["title"], compiled["code"], compiled["version"], compiled["questions"], compiled["choices"]
    )
    return [one for gate in ports.gates for one in gate(form, by=by)]


@transaction.atomic
def publish(form_id: UUID, *, reason: str = "", by: Actor) -> FormVersion:
    """Publish the draft and freeze it; what a gate found needs a reason, which stands in the ledger (EVL-03).

    Raises Hidden, Conflict (no draft), Invalid (a gate stops it, or «reason» is missing).
    """
    form = queries.forms.form(form_id, by=by, locked=True)
    draft = form.versions.filter(published_at=None).order_by("-number").first()
    if draft is None:
        raise Conflict(_("没有待发布的版本，先导入一份"))
    found, said = findings(draft, by=by), reason.strip()
    if stops := [f for f in found if f.stops]:
        raise Invalid({"": "\n".join(f.message for f in stops)})
    if found and not REASON[0] <= len(said) <= REASON[1]:
        raise Invalid({"reason": _("查重有 {count} 处没改：写明为什么还要发布，{least} 到 {most} 个字").format(
            count=len(found), least=REASON[0], most=REASON[1])})  # fmt: skip
    draft.published_at, draft.published_by = clock.now(), by.name[:60]
    draft.save(update_fields=["published_at", "published_by"])
    form.current, form.title, form.retired_at = draft.number, draft.compiled["title"], None
    form.changed_at = clock.now()
    form.save(update_fields=["current", "title", "retired_at", "changed_at"])
    ledger.record(Did.FORM_PUBLISHED, form, by=by, title=form.title, number=draft.number)
    if found:
        fields = [f.field for f in found if f.field]
        ledger.record(Did.FORM_OVERRODE, form, by=by, title=form.title, number=draft.number, count=len(found),
                      fields=fields, opinion=said)  # fmt: skip
    return draft


@transaction.atomic
def retire(form_id: UUID, *, by: Actor) -> Form:
    """Take a form off the phones; what was filled in stays, and what is still on its way is taken in. Raises Hidden."""
    form = queries.forms.form(form_id, by=by, locked=True)
    if form.retired_at is not None or form.current == 0:
        raise Conflict(_("这张表现在没有在用"))
    form.retired_at = form.changed_at = clock.now()
    form.save(update_fields=["retired_at", "changed_at"])
    ledger.record(Did.FORM_RETIRED, form, by=by, title=form.title)
    return form


class Submits:
    """Takes filled-in forms: body {"form": id, "number": version, "answers": {}}; a batch in five statements."""

    def apply(self, records: Sequence[Record], *, by: Actor) -> Sequence[Outcome]:
        """Check each against the version it was filled in with, and keep it."""
        known = self._versions(records, by)
        moment = clock.now()
        rows = [self._row(record, known, by) for record in records]
        uploads.own({u for record in records for u in record.uploads}, by=by)
        Submission.objects.bulk_create(rows, ignore_conflicts=True)
        ledger.record_many(
            Did.SUBMITTED,
            [
                ledger.Line("fieldwork.form", r.form_id, r.place_path, r.id, by.exercise, {
                    "title": known[r.form_id, r.number].compiled["title"]}, by.pseudonym, at=min(r.at, moment))
                for r in rows
            ],
            by=by,
        )  # fmt: skip
        return [Outcome(message=_("交上去了"), subject=r.id) for r in rows]

    def _versions(self, records: Iterable[Record], by: Actor) -> dict[tuple[UUID, int], FormVersion]:
        wanted = {UUID(str(r.body.get("form"))) for r in records if _is_uuid(r.body.get("form"))}
        rows = FormVersion.objects.filter(
            form_id__in=wanted, published_at__isnull=False, form__place_path__in=queries.forms.above(by)
        )
        return {(v.form_id, v.number): v for v in rows.defer("source")}

    def _row(self, record: Record, known: Mapping[tuple[UUID, int], FormVersion], by: Actor) -> Submission:
        said = record.body
        number = said.get("number")
        key = (UUID(str(said["form"])), number) if _is_uuid(said.get("form")) and isinstance(number, int) else None
        version = known.get(key) if key else None
        if version is None or by.pseudonym is None:
            raise Hidden(str(said.get("form")))
        answers = said.get("answers")
        at = record.at or clock.now()
        kept, bad = filled.check(version.compiled, answers if isinstance(answers, dict) else {}, clock.local(at))
        if bad:
            raise Invalid({f"{one.name}.{one.entry}": wrong(one) for one in bad})
        path = syncing.place_of(by)
        title = next((s.title for s in by.seats if s.path == path), "")
        return Submission(
            id=record.id, form_id=version.form_id, number=version.number, place_path=path, pseudonym=by.pseudonym,
            sender=by.name[:60], post_title=title[:80], answers=kept, uploads=[str(u) for u in record.uploads], at=at,
            offline=record.offline, exercise=by.exercise,
        )  # fmt: skip

    def tell(self, record: Record) -> Mapping[str, str]:
        """Say the answers under their questions' labels."""
        version = None
        if _is_uuid(record.body.get("form")) and isinstance(record.body.get("number"), int):
            version = FormVersion.objects.filter(form=record.body["form"], number=record.body["number"]).first()
        labels = {n: label for n, label, _in in queries.forms.columns([version.compiled])} if version else {}
        answers = record.body.get("answers")
        told = {labels.get(k, k): plain(v) for k, v in answers.items()} if isinstance(answers, dict) else {}
        title = {_("表"): str(version.compiled["title"])} if version else {}
        return {**title, **{str(k): v for k, v in told.items()}}


def wrong(one: filled.Bad) -> str:
    """Return what is wrong with an answer in plain words."""
    said = one.message or {
        "required": _("一定要填"), "type": _("填得不对"), "choice": _("没有这个选项"), "constraint": _("不合要求"),
        "many": _("太多了"),
    }[one.code]  # fmt: skip
    return f"{one.label}（{one.entry}）：{said}" if one.entry else f"{one.label}：{said}"


def plain(value: Any, labels: Mapping[str, str] | None = None) -> str:
    """Return an answer as a table shows it; `labels` of a choice by its name."""
    said = labels or {}
    if isinstance(value, list):
        return (
            _("{n} 条").format(n=len(value))
            if value and isinstance(value[0], dict)
            else "、".join(said.get(v, v) for v in map(str, value))
        )
    if isinstance(value, dict):
        return f"{value.get('lat')}, {value.get('lon')}"
    return "" if value is None else said.get(str(value), str(value))


def _is_uuid(value: Any) -> bool:
    try:
        return isinstance(value, str) and bool(UUID(value))
    except ValueError:
        return False
