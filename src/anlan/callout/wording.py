"""What each carrier says of one call: the short message, the words a voice reads, the mail. Previews use the same."""

import re

from anlan.callout import segments
from anlan.callout.segments import Counted

DRILL = "演练："
ASK_REPLY = "收到回1，去不了回2。"
ASK_KEY = "听清请按 1，去不了请按 2。"
REPLIES = {"check": "是请回1，不是请回2。", "test": "收到请回1。"}  # by a call's genre, where it is no warning
KEYS = {"check": "是请按 1，不是请按 2。", "test": "请按 1。"}
ASK_RESULT = "办完回“办好了”，办不了回“办不了”加原因。"
_END = re.compile(r"[。！？!?；;：:，,\s]+$")
_SECONDS_PER_CHARACTER = 0.24  # a calm reading voice, about 250 characters a minute


def sentence(text: str) -> str:
    """Return the text ended by one full stop; an empty one stays empty."""
    plain = _END.sub("", text.strip())
    return f"{plain}{'？' if text.strip().endswith(('？', '?')) else '。'}" if plain else ""


def question(post: str, name: str) -> str:
    """Return what a check asks: whether the number still is that of whoever holds the post."""
    return f"您还是{post}{name}吗？"


def heard(title: str, body: str, *, drill: bool) -> str:
    """Return the title and what to do, as one text; a body that repeats the title says it once."""
    head, rest = sentence(title), body.strip()
    if rest.startswith(_END.sub("", title.strip())):
        head = ""
    return (DRILL if drill else "") + head + (sentence(rest) if rest else "")


def addressed(body: str, own: str, why: str, *, first: bool) -> str:
    """Return what one person is told: why it comes to them, the general text, the words for their role.

    An instruction says what they have to do `first`; a warning says the news first.
    """
    parts = [why, own, body] if first else [why, body, own]
    return "\n".join(part for part in parts if part)


def sms(
    title: str, body: str, *, link: str = "", signature: str = "", needs_answer: bool = True, drill: bool = False,
    genre: str = "", asks_result: bool = False,
) -> Counted:  # fmt: skip
    """Return the short message as it leaves, counted in segments. The link stands last, after a space."""
    text = heard(title, body, drill=drill)
    if needs_answer:
        text += REPLIES.get(genre, ASK_REPLY)
    if asks_result:
        text += ASK_RESULT
    if link:
        text += f" {link}"
    return segments.count(text, signature)


def voice(
    title: str, body: str, *, name: str = "", needs_answer: bool = True, drill: bool = False, genre: str = ""
) -> str:
    """Return what the voice reads, once: the name first, so that a sleeper listens; then the news; then the keys."""
    call = f"{name}，" if name else ""
    text = call + heard(title, body, drill=drill)
    return text + KEYS.get(genre, ASK_KEY) if needs_answer else text


def speaking_seconds(text: str) -> int:
    """Return about how long a voice reads a text, in seconds."""
    return round(segments.units(text) * _SECONDS_PER_CHARACTER)


def mail(
    title: str, body: str, *, name: str = "", link: str = "", needs_answer: bool = True, drill: bool = False,
    asks_result: bool = False,
) -> tuple[str, str]:  # fmt: skip
    """Return a mail's subject and text."""
    lines = [f"{name}：" if name else "", heard(title, body, drill=drill), ""]
    if link and needs_answer:
        lines += ["打开下面的地址，点「我收到了」才算应；只看不点不算。", link, ""]
    elif link and asks_result:
        lines += ["办完了，或者办不了，打开下面的地址报结果。", link, ""]
    elif link:
        lines += ["打开下面的地址去办。", link, ""]
    lines.append("这封信由安澜自动发出，回信没有人看。")
    subject = " ".join(f"{DRILL if drill else ''}{title}".split())
    return subject[:150], "\n".join(lines).lstrip("\n")


# --- what a robot says in a group chat: plain words, since each service draws its own marks; every text holds the word
# 叫应, since a robot may be set to take only what holds a key word

GROUP_LONGEST = 1000  # characters of a call's words in a group


def group_started(title: str, body: str, called: int, silent: int | None, link: str) -> tuple[str, str]:
    """Return title and text of a call that has started; `silent` None where nobody need answer."""
    lines = [body.strip()[:GROUP_LONGEST]]
    lines.append(f"通知了 {called} 人，不用应。" if silent is None else f"叫了 {called} 人，还有 {silent} 人没应。")
    if silent is not None:
        lines.append("请没应的人看自己的手机，按「收到」；在群里回话不算应。")
    return f"叫应：{title}", "\n".join([*lines, link])


def group_silent(title: str, called: int, silent: int, link: str) -> tuple[str, str]:
    """Return title and text when the time to answer is over and some are silent."""
    return f"还有 {silent} 人没应：{title}", f"这次叫应叫了 {called} 人，时间到了，还有 {silent} 人没应。\n{link}"


def group_over(title: str, called: int, silent: int, *, cancelled: bool, link: str) -> tuple[str, str]:
    """Return title and text of a call that is over."""
    if cancelled:
        return f"取消了：{title}", f"这次叫应取消了，不用应了。\n{link}"
    return f"结束了：{title}", f"这次叫应叫了 {called} 人，{silent} 人到结束也没应。\n{link}"


def group_test(name: str) -> tuple[str, str]:
    """Return title and text of a trial."""
    return "安澜叫应试一条", f"这是安澜在「{name}」里试发的一条，不用理会。"
