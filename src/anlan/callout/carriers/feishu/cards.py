"""Cards of Feishu: title, words, buttons. Document: «卡片 JSON 1.0 结构» (the buttons' value comes back as it was)."""

from typing import Any

from anlan.callout import wording
from anlan.callout.carriers import Message, chat
from anlan.callout.terms import Genre

LONGEST = 8000  # bytes of the words; a card may weigh 30 KB
COLOURS = {"red": "red", "orange": "orange", "yellow": "yellow", "blue": "blue"}


def text(m: Message) -> str:
    """Return the words of a message, the title apart."""
    return chat.cut(m.body, LONGEST)


def title(m: Message) -> str:
    """Return the head of a card."""
    return chat.cut(chat.again(m) + (wording.DRILL if m.drill else "") + m.title, 300)


def card(m: Message, *, pressed: bool) -> dict[str, Any]:
    """Return a card; with buttons that answer by themselves where `pressed`, and the personal link if there is one."""
    buttons: list[dict[str, Any]] = []
    if m.link and pressed:
        buttons = [_button("收到", "primary", m, "1")]
        buttons += [_button("去不了", "danger", m, "2")] if m.genre == Genre.CALL else []
    if m.link:
        kind = "default" if pressed else "primary"
        buttons.append(
            {"tag": "button", "text": _plain("打开应答页" if pressed else "去应答"), "type": kind, "url": m.link}
        )
    return made(title(m), text(m), COLOURS.get(m.level, "blue"), buttons)


def done(head: str, words: str) -> dict[str, Any]:
    """Return the card that takes the place of one whose button was pressed."""
    return made(head, words, "green", [])


def made(head: str, words: str, colour: str, buttons: list[dict[str, Any]]) -> dict[str, Any]:
    """Return a card of its parts."""
    elements: list[dict[str, Any]] = [{"tag": "div", "text": _plain(words)}]
    if buttons:
        elements.append({"tag": "action", "actions": buttons})
    return {
        "config": {"wide_screen_mode": True, "enable_forward": False},
        "header": {"template": colour, "title": _plain(head)},
        "elements": elements,
    }


def _button(words: str, kind: str, m: Message, key: str) -> dict[str, Any]:
    value = {"id": str(m.key), "key": key, "title": chat.cut(m.title, 200)}
    return {"tag": "button", "text": _plain(words), "type": kind, "value": value}


def _plain(words: str) -> dict[str, str]:
    return {"tag": "plain_text", "content": words}
