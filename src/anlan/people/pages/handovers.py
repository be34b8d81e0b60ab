"""The desk of a watch: what is open, calls received, the note that goes to the next shift."""

import datetime as dt
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from anlan.kernel.authority import Actor, Invalid
from anlan.people import queries, services, terms
from anlan.people.models import DutyCall, HandoverNote
from anlan.people.pages import shared
from anlan.people.pages.shared import actor_of

NOTES = 10
COUNT_NAMES = (
    ("dead", gettext_lazy("死亡")), ("missing", gettext_lazy("失踪")), ("hurt", gettext_lazy("受伤")),
    ("trapped", gettext_lazy("被困")),
)  # fmt: skip


class CallForm(forms.Form):
    """A call received, in the order in which people tell it."""

    what = forms.CharField(label=gettext_lazy("什么事"), widget=forms.Textarea(attrs={"rows": 3}), max_length=2000)
    topic = forms.ChoiceField(
        label=gettext_lazy("哪一类"), choices=[(t.value, terms.TOPIC_NAMES[t]) for t in terms.CallTopic]
    )
    spot = forms.CharField(label=gettext_lazy("在哪里"), required=False, max_length=200)
    happened_at = forms.DateTimeField(
        label=gettext_lazy("什么时候发生的"), required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )  # fmt: skip
    dead = forms.IntegerField(
        label=gettext_lazy("死亡几人"), required=False, min_value=0, help_text=gettext_lazy("没问到就空着；没有写 0")
    )
    missing = forms.IntegerField(label=gettext_lazy("失踪几人"), required=False, min_value=0)
    hurt = forms.IntegerField(label=gettext_lazy("受伤几人"), required=False, min_value=0)
    trapped = forms.IntegerField(label=gettext_lazy("被困几人"), required=False, min_value=0)
    caller = forms.CharField(label=gettext_lazy("谁打来的"), required=False, max_length=60)
    phone = forms.CharField(
        label=gettext_lazy("来电号码"), required=False, max_length=40,
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off"}), help_text=gettext_lazy("加密保存"),
    )  # fmt: skip
    at = forms.DateTimeField(
        label=gettext_lazy("什么时候打来的"), required=False, help_text=gettext_lazy("空着就是现在"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )  # fmt: skip
    done = forms.CharField(
        label=gettext_lazy("怎么办的"), required=False, widget=forms.Textarea(attrs={"rows": 2}), max_length=2000
    )

    def card(self, *, keep_number: bool = False) -> services.CallCard:
        """Return what the form says; an empty number leaves the one that is there."""
        said = self.cleaned_data
        phone = None if keep_number and not said["phone"] else said["phone"]
        return services.CallCard(**{**said, "phone": phone})


@require_http_methods(["GET", "POST"])
def handover(request: HttpRequest, rota_id: UUID) -> HttpResponse:
    """Show what the next shift will find; keep the words, or hand over."""
    by = actor_of(request)
    one = queries.rota(rota_id, by=by)
    errors: dict[str, str] = {}
    if request.method == "POST":
        words, text = request.POST.get("words", ""), request.POST.get("shift", "")
        try:
            shift_id = shared.uuid_of(text, "words") if text else None
            if request.POST.get("act") == "give":
                note = services.give_over(rota_id, words, by=by, shift_id=shift_id)
                messages.success(request, _("交班了，接班的人会收到，要他看过才算"))
                return redirect("people:note", note.id)
            services.keep_words(rota_id, words, by=by, shift_id=shift_id)
        except Invalid as error:
            errors = error.errors
        else:
            messages.success(request, _("先存下了，还没有交"))
            return redirect("people:handover", rota_id)
    shift = queries.shift_to_hand_over(one)
    draft = HandoverNote.objects.filter(shift=shift).first() if shift else None
    given = list(queries.notes_of(one)[:NOTES])
    return render(request, "people/handover.html", {
        "rota": one, "shift": shift, "span": queries.span(shift) if shift else "", "crew": _crew(queries.crew(shift)),
        "next": _crew(queries.crew(queries.shift_after(shift))) if shift else [], "errors": errors,
        "items": list(queries.open_items(one)), "calls": [_card(c) for c in queries.calls_of(one, open_only=True)],
        "words": request.POST.get("words", draft.words if draft else ""), "may": queries.may_note(one, by),
        "notes": given,
        "unread": [n for n in given if n.state == terms.NoteState.GIVEN and queries.may_take_over(n, by)],
        "place": shared.place_names([one.place_path]).get(one.place_path, ""),
    }, status=422 if errors else 200)  # fmt: skip


def _crew(rows: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(str(terms.Position(position).label), name) for position, name in rows]


def _card(one: DutyCall) -> dict[str, Any]:
    return {"call": one, "topic": terms.TOPIC_NAMES[terms.CallTopic(one.topic)], "phone": queries.caller_masked(one)}


@require_POST
def open_item(request: HttpRequest, rota_id: UUID) -> HttpResponse:
    """Write down what is open."""
    by, posted = actor_of(request), request.POST
    kind = posted.get("kind", terms.ItemKind.OPEN)
    return shared.act(
        request, lambda: services.open_item(rota_id, posted.get("text", ""), kind=kind, by=by),
        _("记下了，交接单上有它"), "people:handover", rota_id,
    )  # fmt: skip


@require_POST
def close_item(request: HttpRequest, item_id: UUID) -> HttpResponse:
    """Say how a thing ended."""
    by = actor_of(request)
    try:
        done = services.close_item(item_id, request.POST.get("outcome", ""), by=by)
    except Invalid as error:
        messages.error(request, "；".join(error.errors.values()))
        return redirect(request.POST.get("back") or "people:duty")
    messages.success(request, _("办结了"))
    return redirect("people:handover", done.rota_id)


@require_GET
def note(request: HttpRequest, note_id: UUID) -> HttpResponse:
    """Show a handover note as it was handed over: on screen, and on a sheet of A4."""
    by = actor_of(request)
    one = queries.note(note_id, by=by)
    content = one.content or queries.note_content(one)
    calls = [
        call | {"topic": terms.TOPIC_NAMES[terms.CallTopic(call["topic"])], "at": dt.datetime.fromisoformat(call["at"])}
        for call in content["calls"]
    ]
    return render(request, "people/note.html", {
        "note": one, "rota": one.rota, "span": queries.span(one.shift),
        "open": [i for i in content["items"] if i["kind"] == terms.ItemKind.OPEN],
        "watch": [i for i in content["items"] if i["kind"] == terms.ItemKind.WATCH], "done": content["done"],
        "calls": calls, "from": _crew(content["from"]), "to": _crew(content["to"]),
        "take": one.state == terms.NoteState.GIVEN and queries.may_take_over(one, by),
    })  # fmt: skip


@require_POST
def take(request: HttpRequest, note_id: UUID) -> HttpResponse:
    """The next shift has read the note."""
    services.take_over(note_id, by=actor_of(request))
    messages.success(request, _("接班了。没办完的事都在下一张交接单上"))
    return redirect("people:note", note_id)


# --- calls received


@require_GET
def calls(request: HttpRequest, rota_id: UUID) -> HttpResponse:
    """List the calls of a rota."""
    by = actor_of(request)
    one = queries.rota(rota_id, by=by)
    text, topic, only = request.GET.get("q", ""), request.GET.get("topic", ""), request.GET.get("only") == "open"
    page = shared.page_of(request, queries.calls_of(one, text=text, topic=topic, open_only=only))
    return render(request, "people/duty_calls.html", {
        "rota": one, "page": page, "rows": [_card(c) for c in page], "q": text, "topic": topic, "only": only,
        "topics": terms.TOPIC_NAMES.items(), "may": queries.may_note(one, by), "kept": request.GET.urlencode(),
    })  # fmt: skip


@require_GET
def calls_file(request: HttpRequest, rota_id: UUID, kind: str) -> HttpResponse:
    """Take the calls away as they are narrowed, numbers masked."""
    by = actor_of(request)
    one = queries.rota(rota_id, by=by)
    found = queries.calls_of(one, text=request.GET.get("q", ""), topic=request.GET.get("topic", ""),
                             open_only=request.GET.get("only") == "open")[: shared.EXPORT_MOST]  # fmt: skip
    rows = []
    for call in found:
        card = _card(call)
        counts = ["" if getattr(call, name) is None else getattr(call, name) for name, _label in COUNT_NAMES]
        rows.append([
            timezone.localtime(call.at), str(card["topic"]), call.what, call.spot, call.caller, card["phone"], *counts,
            call.done, call.taken_by,
        ])  # fmt: skip
    head = [_("来电时间"), _("哪一类"), _("什么事"), _("在哪里"), _("谁打来的"), _("来电号码")]
    head += [*(str(label) for _name, label in COUNT_NAMES), _("怎么办的"), _("谁接的")]
    return shared.download(head, rows, _("%s来电记录") % one.name, kind)


@require_http_methods(["GET", "POST"])
def call_new(request: HttpRequest, rota_id: UUID) -> HttpResponse:
    """Note a call while it is still ringing in the ear: one column, what happened first."""
    by = actor_of(request)
    one = queries.rota(rota_id, by=by)
    queries.need_note(one, by)
    form = CallForm(request.POST or None, initial={"topic": terms.CallTopic.HELP})
    if request.method == "POST" and form.is_valid():
        try:
            made = services.note_call(rota_id, form.card(), by=by)
        except Invalid as error:
            shared.fail(form, error)
        else:
            messages.success(request, _("记下了，没办结以前每张交接单上都有它"))
            return redirect("people:duty-call", made.id)
    return render(request, "people/form.html", {
        "form": form, "heading": _("记一个来电"), "label": _("记下这个来电"), "crumb_path": one.place_path,
        "crumb": one.name, "back": "people:duty-calls", "back_id": rota_id,
    }, status=422 if form.errors else 200)  # fmt: skip


@require_http_methods(["GET", "POST"])
def call_edit(request: HttpRequest, duty_call_id: UUID) -> HttpResponse:
    """Complete a call."""
    by = actor_of(request)
    found = queries.duty_call(duty_call_id, by=by)
    queries.need_note(found.rota, by)
    names = ("what", "topic", "spot", "happened_at", "caller", "at", "done", *(name for name, _label in COUNT_NAMES))
    form = CallForm(request.POST or None, initial={name: getattr(found, name) for name in names})
    if found.phone_cipher:
        form.fields["phone"].help_text = _("现在是 %s；空着就不改") % queries.caller_masked(found)
    if request.method == "POST" and form.is_valid():
        try:
            services.change_call(duty_call_id, form.card(keep_number=True), by=by)
        except Invalid as error:
            shared.fail(form, error)
        else:
            return redirect("people:duty-call", duty_call_id)
    return render(request, "people/form.html", {
        "form": form, "heading": _("补来电记录"), "label": _("保存来电记录"), "crumb_path": found.place_path,
        "crumb": found.rota.name, "back": "people:duty-call", "back_id": duty_call_id,
    }, status=422 if form.errors else 200)  # fmt: skip


@require_GET
def call(request: HttpRequest, duty_call_id: UUID) -> HttpResponse:
    """Show one call."""
    return _call(request, duty_call_id, actor_of(request), "", "")


def _call(request: HttpRequest, duty_call_id: UUID, by: Actor, number: str, error: str) -> HttpResponse:
    found = queries.duty_call(duty_call_id, by=by)
    card = _card(found)
    counts = "，".join(
        f"{label} {getattr(found, name)}" for name, label in COUNT_NAMES if getattr(found, name) is not None
    )
    return render(request, "people/duty_call.html", {
        "call": found, "rota": found.rota, "topic": card["topic"], "phone": number or card["phone"], "number": number,
        "counts": counts, "may": queries.may_note(found.rota, by), "error": error,
        "open": found.state == terms.DutyCallState.OPEN,
    }, status=422 if error else 200)  # fmt: skip


@require_POST
def call_close(request: HttpRequest, duty_call_id: UUID) -> HttpResponse:
    """A call is dealt with."""
    by = actor_of(request)
    return shared.act(
        request, lambda: services.close_call(duty_call_id, by=by), _("来电办结了"), "people:duty-call", duty_call_id
    )


@never_cache
@require_POST
def call_reveal(request: HttpRequest, duty_call_id: UUID) -> HttpResponse:
    """Show the caller's whole number to whoever says why."""
    by, reason = actor_of(request), request.POST.get("reason", "")
    try:
        number = services.show_caller(duty_call_id, reason, by=by)
    except Invalid as error:
        return _call(request, duty_call_id, by, "", "；".join(error.errors.values()))
    return _call(request, duty_call_id, by, number, "")
