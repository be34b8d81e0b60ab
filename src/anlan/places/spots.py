"""Places as tables name them: the one place below a root that some words mean. Pure."""

import re
from dataclasses import dataclass, field

_SPLIT = re.compile(r"[\s/\\>›»·|，,、\-—]+")
Fault = tuple[str, str]


@dataclass(slots=True)
class Spots:
    """Finds the one place below a root that some words mean: code, name, or names from large to small."""

    paths: list[tuple[str, str, str]]  # path, name, code
    root: str
    by_name: dict[str, list[str]] = field(default_factory=dict)
    by_code: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for path, name, code in self.paths:
            self.by_name.setdefault(name, []).append(path)
            if code:
                self.by_code[code] = path

    def find(self, text: str) -> str | Fault:
        """Return the path, or what is wrong and what was expected."""
        text = text.strip()
        if not text:
            return self.root
        if text in self.by_code:
            return self.by_code[text]
        words = [text] if text in self.by_name else [w for w in _SPLIT.split(text) if w]
        found = [self.root]
        for word in words:
            named = self.by_name.get(word, [])
            found = [p for p in named if any(p.startswith(up) for up in found)]
        if len(found) == 1:
            return found[0]
        if not found:
            return f"这里没有「{text[:30]}」", "写全称，从大到小，比如「竹苑社区 第三网格」，或写编码"
        return f"有 {len(found)} 个地方叫「{words[-1][:20]}」", "在前面加上街道、社区的名字"
