from anlan.alerts import cap_read
from anlan.alerts.reading import Reading


class Source:
    """CAP 1.0, 1.1 and 1.2, and the CMA's CAP, which leaves required elements out."""

    name = "cap"
    label = "CAP（国际通用预警格式）"

    def suits(self, raw: bytes) -> bool:
        return raw[:200].replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").startswith(b"<")

    def read(self, raw: bytes) -> list[Reading]:
        return cap_read.read(raw)
