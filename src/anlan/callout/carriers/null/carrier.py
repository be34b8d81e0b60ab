"""Takes every message and sends it nowhere: for measuring, and for a drill without simulated people."""

from collections.abc import Mapping, Sequence
from typing import Any

from anlan.callout.carriers import Handed, Health, Message


class Carrier:
    """Hands nothing to nobody, at once."""

    name = "null"
    label = "不发出"
    needs = ""
    answers: frozenset[str] = frozenset()
    safe = True
    chunk = 5000

    def send_many(self, batch: Sequence[Message], settings: Mapping[str, Any]) -> Sequence[Handed]:  # noqa: ARG002
        """Say yes to every message."""
        return [Handed(m.key, ok=True) for m in batch]

    def test(self, settings: Mapping[str, Any], address: str) -> Health:  # noqa: ARG002
        """Nothing can go wrong."""
        return Health(ok=True, words="这个通道什么也不发，没有可试的")

    def health(self, settings: Mapping[str, Any]) -> Health:  # noqa: ARG002
        """Nothing can go wrong."""
        return Health(ok=True, words="这个通道什么也不发")
