"""What people type back: 1, 收到, 明白 … is an answer; 2, 去不了 … is an answer that asks for the deputy.

办好了 and 办不了 with the reason are results, where one is owed.
"""

import re
import unicodedata
from enum import StrEnum


class Meaning(StrEnum):
    """What a reply or a pressed key says."""

    YES = "yes"  # received, acting
    NO = "no"  # received, cannot go: the deputy is called at once
    DONE = "done"  # the task or command is done
    CANNOT = "cannot"  # it cannot be done; what follows says why
    UNCLEAR = "unclear"  # a person must read it


YES_WORDS = frozenset(
    "1 r y ok yes 收到 收到了 已收到 我收到了 明白 知道了 好 好的 马上去 在岗 到岗".split()  # noqa: SIM905 - read as a sentence
)
NO_WORDS = frozenset("2 n no 去不了 我去不了 不能去 来不了 换人 请假 不在".split())  # noqa: SIM905
DONE_WORDS = frozenset(
    "办好了 办好 办完了 办完 办结了 办结 已办 已办好 已办结 完成了 完成 已完成 处理好了 处理完了".split()  # noqa: SIM905
)
_CANNOT = re.compile(r"^(办不了|办不成|办不到|完成不了)")
_BUT = re.compile(r"^(但是|但|可是|不过)")
_TRIM = re.compile(r"[\s\W_]+", re.UNICODE)


def plain(text: str) -> str:
    """Return the text as it is compared: full-width made half, case folded, blanks and punctuation gone."""
    return _TRIM.sub("", unicodedata.normalize("NFKC", text)).casefold()


def meaning(text: str, yes: frozenset[str] = YES_WORDS, no: frozenset[str] = NO_WORDS) -> Meaning:
    """Read a short-message reply. A refusal anywhere at the start wins over a receipt: 「收到，去不了」 means no.

    Longer texts that merely begin with a word are unclear, so that 「1楼进水了」 is read by a person.
    """
    said = plain(text)
    whole = {
        **dict.fromkeys(DONE_WORDS, Meaning.DONE),
        **dict.fromkeys(yes, Meaning.YES),
        **dict.fromkeys(no, Meaning.NO),
    }
    if said in whole:
        return whole[said]
    if _CANNOT.match(said):
        return Meaning.CANNOT
    begun = next((w for w in sorted(yes, key=len, reverse=True) if said.startswith(w)), "")
    rest = _BUT.sub("", said.removeprefix(begun)) if begun else ""
    if len(rest) > 1 and rest in no:
        return Meaning.NO
    if len(rest) > 1 and rest in yes:
        return Meaning.YES
    return Meaning.UNCLEAR


def key(pressed: str) -> Meaning:
    """Read a pressed telephone key: 1 answers, 2 answers and asks for the deputy, the rest is a wrong key."""
    return {"1": Meaning.YES, "2": Meaning.NO}.get(pressed.strip(), Meaning.UNCLEAR)
