"""What counts as an answer, and what is said to whoever gave one."""

from django.utils.translation import gettext as _

from anlan.callout.models import Call
from anlan.callout.terms import ANSWER, Answer, Genre, How


def thanks(call: Call | None, *, declined: bool) -> str:
    """Return the sentence for whoever has just answered."""
    if call is not None and call.genre == Genre.CHECK:
        return _("记下了：这个号码不是他的，以后不再打扰您") if declined else _("记下了，号码没错，谢谢")
    if call is not None and call.genre == Genre.TEST:
        return _("记下了，这个号码能联系到您，谢谢")
    return _("记下了：您去不了，马上去叫您的B岗") if declined else _("记下了，您已经应了")


def not_an_answer(a: Answer, call: Call | None, did: str) -> str:
    """Return why this is no answer under the call's frozen policy (domain-facts B4: 已读≠应), "" if it is one.

    `did` is what would meet the duty: one that another context laid is met by the deed alone.
    """
    if a.how == How.READ or a.how not in set(How):
        return _("看过了不算应，请按“我知道了”")
    if call is None:
        return "" if did == ANSWER else _("这件事要打开办了才算")
    counts, listened = call.policy.get("counts", ()), call.policy.get("listened", 20)
    if a.how == How.LISTENED and (a.seconds is None or a.seconds < listened):
        return _("只听了 {seconds:.0f} 秒，听满 {least} 秒才算应").format(seconds=a.seconds or 0, least=listened)
    if a.how not in counts:
        return _("这次叫应不认这种应法")
    return ""
