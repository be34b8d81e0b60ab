"""What each carrier says of one call: the short message, the words a voice reads, the mail. Previews use the same."""

import re

from anlan.callout import segments
from anlan.callout.segments import Counted

DRILL = "演练："
ASK_REPLY = "收到回1，去不了回2。"
ASK_KEY = "听清请按 1，去不了请按 2。"
REPLIES = {"check": "是请回1，不是请回2。", "test": "收到请回1。"}  # by a call's genre, where it is no warning
KEYS = {"check": "是请按 1，不是请按 2。", "test": "请按 1。"}
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


def sms(
    title: str, body: str, *, link: str = "", signature: str = "", needs_answer: bool = True, drill: bool = False,
    genre: str = "",
) -> Counted:  # fmt: skip
    """Return the short message as it leaves, counted in segments. The link stands last, after a space."""
    text = heard(title, body, drill=drill)
    if needs_answer:
        text += REPLIES.get(genre, ASK_REPLY)
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
    title: str, body: str, *, name: str = "", link: str = "", needs_answer: bool = True, drill: bool = False
) -> tuple[str, str]:
    """Return a mail's subject and text."""
    lines = [f"{name}：" if name else "", heard(title, body, drill=drill), ""]
    if link and needs_answer:
        lines += ["打开下面的地址，点「我收到了」才算应；只看不点不算。", link, ""]
    lines.append("这封信由安澜自动发出，回信没有人看。")
    subject = " ".join(f"{DRILL if drill else ''}{title}".split())
    return subject[:150], "\n".join(lines).lstrip("\n")
