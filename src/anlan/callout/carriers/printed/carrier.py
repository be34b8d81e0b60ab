"""Call lists on paper: the person stands on the list of whoever goes to the door. README.md tells more."""

from collections.abc import Mapping, Sequence
from typing import Any

from reportlab.pdfbase.ttfonts import TTFError

from anlan.callout.carriers import Handed, Health, Message, tuning
from anlan.callout.carriers.printed import sheet
from anlan.callout.carriers.tuning import Setting
from anlan.callout.terms import How


class Carrier:
    """Hands a person over to paper: nothing leaves; the call's page prints the list when somebody asks for it."""

    name = "printed"
    label = "打印名单"
    needs = ""
    answers = frozenset({How.PROXY})
    safe = False
    chunk = 5000
    fields = (Setting("font", "中文字体文件", "服务器上的 .ttf 或 .ttc；不填用阅读器自带的宋体"),)

    def send_many(self, batch: Sequence[Message], settings: Mapping[str, Any]) -> Sequence[Handed]:  # noqa: ARG002
        """Put everybody on the list."""
        return [Handed(m.key, ok=True, ref="list") for m in batch]

    def test(self, settings: Mapping[str, Any], address: str) -> Health:  # noqa: ARG002
        """Make an empty sheet: nothing can be sent to an address."""
        return self.health(settings)

    def health(self, settings: Mapping[str, Any]) -> Health:
        """Look whether a font can be had."""
        try:
            face = sheet.register(str(tuning.opened(self.fields, settings)["font"] or ""))
        except (OSError, TTFError) as broken:
            return Health(ok=False, words=f"字体用不了：{broken}"[:200])
        return Health(ok=True, words=f"能打印，字体是 {face}")
