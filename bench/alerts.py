"""Reading warnings: CAP with every profile rule, beside lxml's bare parse; the way from bytes to a stored alert."""

from lxml import etree

from anlan.alerts import cap_read, sources
from anlan.alerts.services import take
from anlan.alerts.tests.samples import cap, info
from anlan.kernel.authority import machine
from anlan.places import services as places

RING = " ".join(f"{30 + (i % 7) * 0.01:.4f},{104 + i * 0.01:.4f}" for i in range(16)) + " 30.0000,104.0000"
AREA = f"<areaDesc>东城</areaDesc><polygon>{RING}</polygon>"


def rows(count):
    """Return a 12379 list of `count` warnings."""
    one = (
        '{"identifier":"5101044160%04d_20260718020500","headline":"锦江区气象台发布暴雨红色预警",'
        '"sendTime":"2026-07-18 02:05:00"}'
    )
    return ("[" + ",".join(one % i for i in range(count)) + "]").encode()


def run(report):
    count = 300 if report.quick else 3_000
    plain, drawn = cap(), cap(info(area=AREA), info(language="en-US", headline="Red rainstorm warning", area=AREA))

    def read(raw):
        for _ in range(count):
            cap_read.read(raw)

    def parse(raw):
        for _ in range(count):
            etree.fromstring(raw)

    bare = "bare lxml parse, no rules"
    report.rate(
        "CAP read and checked, one info, one geocode", count, lambda: read(plain),
        baseline=(bare, lambda: parse(plain)), target=3_000,
    )  # fmt: skip
    report.rate(
        "CAP read and checked, two languages, polygons", count, lambda: read(drawn),
        baseline=(bare, lambda: parse(drawn)), target=3_000,
    )  # fmt: skip
    listed = rows(count)
    report.rate("12379 list read and checked, rows", count, lambda: sources.read(listed, "list12379"))

    by = machine("bench")
    city = places.found_root("澜江市", "city", "510100", by)
    places.add(city, name="锦江区", level="district", code="510104", by=by)
    few = 30 if report.quick else 200
    made = iter(range(1_000_000))

    def store():
        for _ in range(few):
            take(cap(identifier=f"bench-{next(made)}"), by=by)

    report.rate("bytes to stored, placed, ledgered alert, one commit each", few, store)
