"""Forms of double check-in: what somebody says of themselves, a task, a grouping."""

import datetime as dt
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from anlan.kernel import clock
from anlan.people import queries, services, terms

SAID = {"yes": True, "no": False}


class HomeForm(forms.Form):
    """Where somebody lives in the community, for whom they work, what they can, when they can come."""

    estate = forms.CharField(label=_("住在哪个小区"), max_length=60, required=False)
    building = forms.CharField(
        label=_("几号楼"), max_length=40, required=False, help_text=_("编组时和邻居编在一起。不用写门牌号")
    )
    unit = forms.CharField(label=_("几单元"), max_length=20, required=False)
    employer = forms.CharField(
        label=_("在哪个单位上班"), max_length=120, required=False,
        widget=forms.TextInput(attrs={"list": "employers", "autocomplete": "off"}),
    )  # fmt: skip
    skills = forms.MultipleChoiceField(label=_("会什么"), required=False, widget=forms.CheckboxSelectMultiple)
    times = forms.MultipleChoiceField(
        label=_("什么时候能来"), required=False, choices=terms.SLOT_NAMES.items(), widget=forms.CheckboxSelectMultiple
    )
    party = forms.ChoiceField(
        label=_("是不是党员"), required=False, choices=[("", _("不说")), ("yes", _("是")), ("no", _("不是"))],
        help_text=_("说不说由你"),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        skills: Any = self.fields["skills"]
        skills.choices = [(one, one) for one in queries.skills()]

    def draft(self) -> services.CheckinDraft:
        """Return what the service takes."""
        said = {name: self.cleaned_data.get(name, "") for name in ("name", "phone")}
        kept = {name: self.cleaned_data[name] for name in ("estate", "building", "unit", "employer", "skills", "times")}
        return services.CheckinDraft(**said, **kept, party=SAID.get(self.cleaned_data["party"]))


class JoinForm(HomeForm):
    """Somebody who checks in: name and number first."""

    name = forms.CharField(label=_("姓名"), max_length=60, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    phone = forms.CharField(
        label=_("手机号"), max_length=40, widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "tel"}),
        help_text=_("加密保存，只有社区看得到，有事才打"),
    )  # fmt: skip
    field_order = ("name", "phone", "estate", "building", "unit", "employer", "skills", "times", "party")


class TaskForm(forms.Form):
    """A task on the board."""

    title = forms.CharField(
        label=_("做什么"), max_length=60, help_text=_("比如：楼道清理、陪诊、挨户敲门、转移搬运、物资分发")
    )
    what = forms.CharField(
        label=_("说细一点"), max_length=300, required=False, widget=forms.Textarea(attrs={"rows": 3, "class": "input"})
    )
    where = forms.CharField(label=_("在哪儿"), max_length=120)
    starts_at = forms.CharField(label=_("什么时候开始"), widget=forms.TextInput(attrs={"type": "datetime-local"}))
    ends_at = forms.CharField(
        label=_("到什么时候"), required=False, widget=forms.TextInput(attrs={"type": "datetime-local"})
    )
    wanted = forms.IntegerField(label=_("要几个人"), min_value=1, max_value=999, initial=3)
    urgent = forms.BooleanField(label=_("急"), required=False, help_text=_("急的排在最前面"))
    skills = forms.MultipleChoiceField(
        label=_("要会什么（会一样就行，不勾就谁都行）"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        skills: Any = self.fields["skills"]
        skills.choices = [(one, one) for one in queries.skills()]

    def draft(self) -> services.TaskDraft:
        """Return what the service takes."""
        kept = {name: self.cleaned_data[name] for name in ("title", "what", "where", "wanted", "urgent", "skills")}
        return services.TaskDraft(
            **kept, starts_at=moment(self.cleaned_data["starts_at"]), ends_at=moment(self.cleaned_data["ends_at"])
        )


class MusterForm(forms.Form):
    """Why to group, how large, who."""

    title = forms.CharField(label=_("为什么编组"), max_length=80, help_text=_("比如：11 月 25 日暴雨"))
    least = forms.IntegerField(label=_("每组最少几人"), min_value=1, max_value=100)
    most = forms.IntegerField(label=_("每组最多几人"), min_value=1, max_value=100)
    slot = forms.ChoiceField(
        label=_("编哪些人"), required=False, choices=[("", _("在册的都编")), *terms.SLOT_NAMES.items()]
    )


def moment(text: str) -> dt.datetime | None:
    """Return the instant that a form's wall-clock time means, None for none or for nonsense."""
    try:
        return dt.datetime.fromisoformat(text).replace(tzinfo=clock.CHINA) if text else None
    except ValueError:
        return None
