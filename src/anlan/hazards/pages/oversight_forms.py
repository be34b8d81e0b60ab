"""The forms of supervision and of referrals: what is typed stays until it is taken (HZD-11)."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from anlan.hazards import terms


def _line(label: Any, most: int, *, hint: Any = "", required: bool = True) -> forms.CharField:
    return forms.CharField(label=label, max_length=most, help_text=hint, required=required)


def _words(label: Any, *, rows: int = 3, hint: Any = "", most: int = 1000) -> forms.CharField:
    widget = forms.Textarea(attrs={"rows": rows, "maxlength": most})
    return forms.CharField(label=label, help_text=hint, max_length=most, widget=widget)


class Note(forms.Form):
    """The level above takes note."""

    words = _words(_("看过的意见"), rows=2, hint=_("比如：知道了，明天上午到现场看。定级的人和整改的人看得到。"))


class Supervise(forms.Form):
    """挂牌督办."""

    level = forms.ChoiceField(label=_("哪一级督办"), choices=list(terms.LEVEL_NAMES.items()))
    body = _line(_("督办单位"), 80)
    letter = _line(_("文号"), 60, hint=_("比如：柳街督〔2026〕3 号"))
    title = _line(_("题目"), 120)
    demands = _words(_("督办要求"), hint=_("要做到什么、怎么算做好。"))
    due_on = forms.DateField(
        label=_("督办期限"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("过了这一天没解除，会告诉督办的人和整改的人。"),
    )  # fmt: skip


class Follow(forms.Form):
    """A 跟踪函."""

    letter = _line(_("跟踪函文号"), 60)
    words = _words(_("要他们说明什么"))


class Answer(forms.Form):
    """The answer to a 跟踪函."""

    words = _words(_("回复"), hint=_("改到哪一步、还差什么、哪天能改好。"))


class Lift(forms.Form):
    """The supervision is lifted."""

    words = _words(_("核查意见"), rows=2, hint=_("谁去看的、看到什么。整改的人不能解除。"))


class Refer(forms.Form):
    """移送."""

    organisation = forms.ChoiceField(label=_("移送给"))
    letter = _line(_("移送函文号"), 60, hint=_("比如：柳街移〔2026〕1 号"))
    who = _line(_("谁违法"), 120, hint=_("单位或者个人的名字。"))
    facts = _words(_("违法事实"), rows=4, most=2000)
    basis = _line(_("违反哪一条"), 300)
    evidence = _words(_("证据清单"), most=2000, hint=_("一行一样。隐患的照片自动带上，不用再列。"))

    def __init__(self, *args: Any, enforcers: list[tuple[str, str]] = [], **options: Any) -> None:  # noqa: B006 - read only
        super().__init__(*args, **options)
        self.fields["organisation"].choices = enforcers  # type: ignore[attr-defined]


class Obstacle(forms.Form):
    """What stands in one's way."""

    kind = forms.ChoiceField(label=_("什么难处"), choices=list(terms.OBSTACLE_NAMES.items()))
    words = _words(_("说一句"), rows=2, most=400, hint=_("当时登记，以后谁也改不了；追问责任的时候摆在旁边。"))


class Receive(forms.Form):
    """The receipt of a referral."""

    words = _line(_("你们的案号"), 60, required=False)


class Conclude(forms.Form):
    """What came of a referral."""

    words = _words(_("怎么查处的"), rows=4, hint=_("立案、处罚、责令改正，写清楚；移送的人和隐患页都看得到。"))


class GiveBack(forms.Form):
    """Why a referral is not theirs."""

    words = _words(_("为什么退回"), rows=2)
