"""The forms of what one does to a hazard: the fewest fields, what the system knows already filled in."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from anlan.hazards import terms
from anlan.hazards.terms import Limit

PHOTO_TYPES = "image/jpeg,image/png,image/webp"
LIMITS = [(value, name) for value, name in terms.LIMIT_NAMES.items() if value != Limit.NONE]


class ManyFiles(forms.ClearableFileInput):
    """A picker of several files. What was picked is read from the request; the form only draws it."""

    allow_multiple_selected = True

    def value_from_datadict(self, *_sent: Any) -> Any:
        """Leave the files to the page: nothing is kept of them on an error."""
        return None


def _words(label: Any, *, rows: int = 3, required: bool = True, hint: Any = "", most: int = 1000) -> forms.CharField:
    widget = forms.Textarea(attrs={"rows": rows, "maxlength": most})
    return forms.CharField(label=label, required=required, help_text=hint, max_length=most, widget=widget)


def _photos(label: Any) -> forms.FileField:
    return forms.FileField(
        label=label, required=False, widget=ManyFiles(attrs={"accept": PHOTO_TYPES, "multiple": True})
    )


def _day(label: Any, *, required: bool = False, hint: Any = "") -> forms.DateField:
    return forms.DateField(
        label=label,
        required=required,
        help_text=hint,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )


class Opinion(forms.Form):
    """A sentence of why."""

    opinion = _words(_("为什么"))


class Confirm(forms.Form):
    """Grade, kind, limit, basis, opinion."""

    grade = forms.ChoiceField(
        label=_("算哪一级"), widget=forms.RadioSelect, choices=[(g, n) for g, n in terms.GRADE_NAMES.items() if g],
        help_text=_("重大隐患会报上级、挂牌督办。"),
    )  # fmt: skip
    kind = forms.ChoiceField(label=_("种类"), required=False)
    limit = forms.ChoiceField(
        label=_("整改期限"), required=False, choices=[("", _("按级别和种类自动定")), *LIMITS],
        help_text=_("从指派那一刻算起，天数按工作日。"),
    )  # fmt: skip
    basis = forms.CharField(label=_("依据"), required=False, max_length=200)
    opinion = _words(_("看到的情况"), required=False, rows=2)

    def __init__(self, *args: Any, kinds: list[tuple[str, str]] = [], **options: Any) -> None:  # noqa: B006 - read only
        super().__init__(*args, **options)
        self.fields["kind"].choices = [("", _("说不准，先不定")), *kinds]  # type: ignore[attr-defined]


class Regrade(forms.Form):
    """Another grade, and why."""

    grade = forms.ChoiceField(
        label=_("改成哪一级"), widget=forms.RadioSelect, choices=[(g, n) for g, n in terms.GRADE_NAMES.items() if g]
    )
    opinion = _words(_("为什么改"))


class Merge(forms.Form):
    """Which one it is the same as."""

    into = forms.ChoiceField(label=_("和哪一条是同一个"), required=False, widget=forms.RadioSelect)
    number = forms.CharField(
        label=_("或者写编号"),
        required=False,
        max_length=24,
        widget=forms.TextInput(attrs={"placeholder": "YH-2026-00001"}),
    )

    def __init__(self, *args: Any, near: list[tuple[str, str]] = [], **options: Any) -> None:  # noqa: B006 - read only
        super().__init__(*args, **options)
        if near:
            self.fields["into"].choices = near  # type: ignore[attr-defined]
        else:
            del self.fields["into"]


class Assign(forms.Form):
    """Who rectifies: found by words, chosen from what was found; until when."""

    words = forms.CharField(
        label=_("谁来整改"), required=False, max_length=60,
        help_text=_("写单位、岗位或人名，点「找一找」；没有账号的店铺直接写名字。"),
        widget=forms.TextInput(attrs={"class": "input"}),
    )  # fmt: skip
    owner = forms.ChoiceField(label=_("选一个"), required=False, widget=forms.RadioSelect)
    limit = forms.ChoiceField(
        label=_("整改期限"), required=False, choices=[("", _("照确认时定的")), *LIMITS],
        help_text=_("从指派那一刻算起，天数按工作日。"),
    )  # fmt: skip
    opinion = _words(_("要求"), required=False, rows=2)

    def __init__(self, *args: Any, found: list[tuple[str, str]] = [], **options: Any) -> None:  # noqa: B006 - read only
        super().__init__(*args, **options)
        if found:
            self.fields["owner"].choices = found  # type: ignore[attr-defined]
        else:
            del self.fields["owner"]


class Reassign(Assign):
    """To another, and why."""

    opinion = _words(_("为什么改派"), rows=2)


class Rectify(forms.Form):
    """What was done, photos, cost."""

    words = _words(_("怎么改的"))
    photos = _photos(_("改好以后的照片"))
    cost = forms.DecimalField(
        label=_("花了多少钱（元）"), required=False, min_value=0, max_digits=12, decimal_places=2,
    )  # fmt: skip
    name = forms.CharField(
        label=_("替谁填的"), required=False, max_length=60,
        help_text=_("整改的单位没有账号、你替它填，写单位或店主的名字；自己整改的留空。"),
    )  # fmt: skip


class Accept(forms.Form):
    """What one saw, and when to look again."""

    opinion = _words(_("验收意见"), hint=_("现场看到什么，或者看照片看出什么。"))
    look_back_on = _day(_("哪天回头看"), hint=_("容易再犯的，定一个日子再看一次。"))


class Refuse(forms.Form):
    """What is still wrong."""

    opinion = _words(_("哪里没改好"), hint=_("写清楚还差什么，整改的人照着改。"))


class Ask(forms.Form):
    """More time, a stopped clock or 挂账, and why."""

    plea = forms.ChoiceField(label=_("申请什么"), widget=forms.RadioSelect)
    reason = _words(_("为什么"))
    wanted = _day(_("延到哪一天"), hint=_("申请延期才填。"))

    def __init__(self, *args: Any, pleas: list[tuple[str, Any]] = [], **options: Any) -> None:  # noqa: B006 - read only
        super().__init__(*args, **options)
        self.fields["plea"].choices = pleas  # type: ignore[attr-defined]


class Decide(forms.Form):
    """Granted or not, why, and when to look again."""

    granted = forms.ChoiceField(
        label=_("批不批"), widget=forms.RadioSelect, choices=[("yes", _("同意")), ("no", _("不同意"))]
    )
    opinion = _words(_("意见"))
    review_on = _day(_("哪天复核"), hint=_("同意挂账、暂停的，定一个日子再看；挂账必须填。"))


class Plan(forms.Form):
    """五落实: responsibility, measures, funds, deadline, contingency."""

    responsibility = _words(_("责任：谁负责"), rows=2)
    measures = _words(_("措施：怎么改"))
    funds = _words(_("资金：多少，谁出"), rows=2)
    deadline = _words(_("时限：分几步，每步到哪天"), rows=2)
    contingency = _words(_("预案：没改好之前出事怎么办"), rows=2)


class Controlled(forms.Form):
    """What is done until it is rectified."""

    kind = forms.ChoiceField(label=_("用什么办法"), choices=[(k, n) for k, n in terms.CONTROL_NAMES.items()])
    words = _words(_("具体做了什么"), rows=2, most=400)


class Lift(forms.Form):
    """Which control ends, and why."""

    control = forms.ChoiceField(label=_("解除哪一项"), widget=forms.RadioSelect)
    words = _words(_("为什么可以解除"), rows=2, most=400)

    def __init__(self, *args: Any, controls: list[tuple[str, str]] = [], **options: Any) -> None:  # noqa: B006 - read only
        super().__init__(*args, **options)
        self.fields["control"].choices = controls  # type: ignore[attr-defined]


class LookBack(forms.Form):
    """How it looks later."""

    good = forms.ChoiceField(
        label=_("现在怎么样"), widget=forms.RadioSelect, choices=[("yes", _("还是好的")), ("no", _("又犯了，重新打开"))]
    )
    opinion = _words(_("看到什么"))
    photos = _photos(_("照片"))


class Note(forms.Form):
    """A word for the record."""

    words = _words(_("写一句"), rows=2)


class Remind(forms.Form):
    """A word to whoever has to rectify."""

    words = _words(_("催什么"), rows=2)


class Photos(forms.Form):
    """Photos of a phase."""

    phase = forms.ChoiceField(label=_("拍的是什么"), choices=[(p, n) for p, n in terms.PHASE_NAMES.items()])
    photos = _photos(_("照片"))
    caption = forms.CharField(label=_("说明"), required=False, max_length=120)


class Nothing(forms.Form):
    """No field: to confirm is enough."""
