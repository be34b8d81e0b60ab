"""Reading feeds that point at alerts (Atom, RSS, or the alert itself) and writing our own Atom feed of alerts."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import cast
from urllib.parse import urljoin, urlsplit

from lxml import etree

from anlan.alerts.cap_read import NAMESPACES, line_of, parse
from anlan.alerts.reading import Finding, Unreadable
from anlan.alerts.terms import Weight

ATOM = "http://www.w3.org/2005/Atom"
CAP_TYPE = "application/cap+xml"
MAX_ENTRIES = 2_000
_A = f"{{{ATOM}}}"
_NSMAP = cast("dict[str, str]", {None: ATOM})  # the stubs forget the default namespace


@dataclass(slots=True)
class Entry:
    """One entry: `alert` holds the CAP inside it, `link` the address of the CAP elsewhere; either may be empty.

    `version` changes when the entry does, so that a poller fetches each version once.
    """

    id: str
    version: str
    title: str
    link: str
    alert: bytes = b""


@dataclass(slots=True)
class Feed:
    """A feed as read: its kind ("atom", "rss", "plain"), its entries, and what was wrong with it."""

    kind: str
    entries: list[Entry] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


def read_feed(raw: bytes, base: str = "") -> Feed:
    """Return a feed's entries; a bare alert or an EDXL envelope is a feed of kind "plain" with one entry, itself.

    Links are made absolute against `base`; only http and https ones are kept. Raises Unreadable.
    """
    root, _ = parse(raw)
    if root.tag == f"{_A}feed":
        return _atom(root, base)
    if root.tag == "rss":
        return _rss(root, base)
    name = str(root.tag).rpartition("}")[2]
    if name in {"alert", "EDXLDistribution"}:
        return Feed("plain", [Entry(base, "", "", "", raw)])
    raise Unreadable("feed.none", f"不是 Atom、RSS，也不是 CAP（最外层是 {name}）", line_of(root))


def _http(base: str, link: str) -> str:
    if not link.strip():
        return ""
    try:
        whole = urljoin(base, link.strip())
        return whole if urlsplit(whole).scheme in {"http", "https"} else ""
    except ValueError:
        return ""


def _text(element: etree._Element, name: str) -> str:
    return (element.findtext(name) or "").strip()


def _atom(root: etree._Element, base: str) -> Feed:
    feed = Feed("atom")
    for name in ("id", "title", "updated"):
        if not _text(root, _A + name):
            feed.findings.append(Finding(Weight.WARNING, f"feed.{name}", "/feed", f"目录缺 {name}", line_of(root)))
    for number, entry in enumerate(root.iterfind(f"{_A}entry"), 1):
        path = f"/feed/entry[{number}]"
        if number > MAX_ENTRIES:
            message = f"目录超过 {MAX_ENTRIES} 条，其余略过"
            feed.findings.append(Finding(Weight.ERROR, "feed.size", path, message, line_of(entry)))
            break
        for name in ("id", "title", "updated"):
            if not _text(entry, _A + name):
                feed.findings.append(Finding(Weight.WARNING, f"entry.{name}", path, f"条目缺 {name}", line_of(entry)))
        alert = next((_bytes(c) for h in entry.iterfind(f"{_A}content") for c in h if _is_alert(c)), b"")
        link = _best(entry, base)
        if not link and not alert:
            message = "条目里没有预警，也没有可取的网址"
            feed.findings.append(Finding(Weight.ERROR, "entry.link", path, message, line_of(entry)))
            continue
        found = Entry(
            _text(entry, f"{_A}id") or link, _text(entry, f"{_A}updated"), _text(entry, f"{_A}title"), link, alert
        )
        feed.entries.append(found)
    return feed


def _best(entry: etree._Element, base: str) -> str:
    """Choose the link to the CAP: the one that says so, else a plain alternate one."""
    links = [
        (link.get("type", ""), link.get("rel", "alternate"), link.get("href", ""))
        for link in entry.iterfind(f"{_A}link")
    ]
    for kind, _, href in links:
        if kind in {CAP_TYPE, "application/common-alerting-protocol+xml"}:
            return _http(base, href)
    plain = [href for kind, rel, href in links if href and rel == "alternate" and "html" not in kind]
    return _http(base, plain[0]) if plain else ""


def _rss(root: etree._Element, base: str) -> Feed:
    feed = Feed("rss")
    for number, item in enumerate(root.iterfind("channel/item"), 1):
        path = f"/rss/channel/item[{number}]"
        if number > MAX_ENTRIES:
            message = f"目录超过 {MAX_ENTRIES} 条，其余略过"
            feed.findings.append(Finding(Weight.ERROR, "feed.size", path, message, line_of(item)))
            break
        alert = next((_bytes(c) for c in item if _is_alert(c)), b"")
        link = _http(base, _text(item, "link"))
        if not link and not alert:
            message = "条目里没有预警，也没有可取的网址"
            feed.findings.append(Finding(Weight.ERROR, "entry.link", path, message, line_of(item)))
            continue
        feed.entries.append(
            Entry(_text(item, "guid") or link, _text(item, "pubDate"), _text(item, "title"), link, alert)
        )
    return feed


def _is_alert(element: etree._Element) -> bool:
    tag = str(element.tag)
    namespace, _, name = tag.removeprefix("{").rpartition("}")
    return name == "alert" and namespace in NAMESPACES


def _bytes(element: etree._Element) -> bytes:
    whole: bytes = etree.tostring(element, encoding="utf-8", with_tail=False)
    return whole


@dataclass(slots=True)
class Published:
    """What our own feed says of one notice."""

    id: str
    title: str
    updated: dt.datetime
    link: str
    summary: str


def write_atom(
    address: str, title: str, author: str, entries: Iterable[Published], updated: dt.datetime, *, page: str = ""
) -> bytes:
    """Return an Atom feed (RFC 4287) whose entries link to CAP documents; `page` is where people read the same."""
    feed = etree.Element(f"{_A}feed", nsmap=_NSMAP)
    _add(feed, "id", address)
    _add(feed, "title", title)
    _add(feed, "updated", updated.isoformat(timespec="seconds"))
    _add(_add(feed, "author", None), "name", author)
    etree.SubElement(feed, f"{_A}link", rel="self", href=address, type="application/atom+xml")
    if page:
        etree.SubElement(feed, f"{_A}link", rel="alternate", href=page, type="text/html")
    for one in entries:
        entry = etree.SubElement(feed, f"{_A}entry")
        _add(entry, "id", one.id)
        _add(entry, "title", one.title)
        _add(entry, "updated", one.updated.isoformat(timespec="seconds"))
        etree.SubElement(entry, f"{_A}link", rel="alternate", href=one.link, type=CAP_TYPE)
        _add(entry, "summary", one.summary)
    whole: bytes = etree.tostring(feed, xml_declaration=True, encoding="utf-8", pretty_print=True)
    return whole


def _add(parent: etree._Element, name: str, text: str | None) -> etree._Element:
    element = etree.SubElement(parent, _A + name)
    element.text = text
    return element
