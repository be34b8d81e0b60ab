"""Tables of readings, read in parts of some thousand rows by a mapping of format csv (README.md)."""

from collections.abc import Iterator, Sequence

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from anlan.callout.carriers.tuning import Setting
from anlan.kernel.authority import Invalid
from anlan.sensing import mapped
from anlan.sensing.feeds import Health, Source
from anlan.sensing.mapped import Read
from anlan.sensing.mapping import Mapped
from anlan.sensing.payloads import Bad

ROWS = 5000  # in one part, which is one transaction


class Feed:
    """Takes files that somebody uploads, or names in a terminal."""

    name = "file"
    label = gettext_lazy("文件")
    about = gettext_lazy("把站点导出的 CSV 传上来；表头几行、哪列是什么，写在对照里")
    fields: Sequence[Setting] = ()
    mapped = True
    token = False

    def test(self, source: Source) -> Health:  # noqa: ARG002
        """Nothing can be tried without a file."""
        return Health(ok=True, words=_("没有要连的；把文件开头几行贴到下面试一试对照"))


def parts(how: Mapped, raw: bytes, *, came: int) -> Iterator[tuple[int, Read]]:
    """Yield (bytes done, what they say) part by part; numbers of lines are those of the file. Raises Invalid."""
    if how.format != "csv":
        raise Invalid({"mapping": _('文件的对照要写 "format": "csv"')})
    start = 0
    for _line in range(how.headers):
        cut = raw.find(b"\n", start)
        if cut < 0:
            raise Invalid({"file": _("文件没有 {n} 行表头").format(n=how.headers)})
        start = cut + 1
    head, done, line = raw[:start], start, 0
    while done < len(raw):
        end, rows = done, 0
        while end < len(raw) and (rows < ROWS or raw.count(b'"', done, end) % 2):  # a cell may hold a line's end
            cut = raw.find(b"\n", end)
            end, rows = len(raw) if cut < 0 else cut + 1, rows + 1
        read = mapped.readings(how, head + raw[done:end], came=came)
        read.bad = [Bad(b.line + line, b.field, b.reason, b.payload) for b in read.bad]
        done, line = end, line + rows
        yield done, read
