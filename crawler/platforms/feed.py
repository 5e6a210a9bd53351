"""Feeds as lists: RSS 2.0 and 1.0, and Atom (RFC 4287) with the further pages of RFC 5005."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime

from lxml import etree

from crawler.lists.list_dates import date_alone
from crawler.platforms import ListReading
from notices.capture import ListEntry
from notices.text.dates import find_dates
from notices.text.html import MAX_CHARACTERS, absolute, line_of, one_line, parse

NAME = "feed"
INFERS = False
_BEFORE = r"\s*(?:(?:<\?[^>]{0,500}\?>|<!--[^\0]{0,2000}?-->|<!DOCTYPE[^>\[]{0,500}>)\s*){0,10}"
_FIRST = re.compile(rf"{_BEFORE}<(?:rss|rdf:RDF|(?:[A-Za-z]\w{{0,9}}:)?feed)[\s>]")
_DECLARATION = re.compile(r"\s*<\?xml[^>]{0,200}\?>")
_CDATA_OR_AMPERSAND = re.compile(r"<!\[CDATA\[[^\0]*?\]\]>|&(?:#\d{1,7};|#x[0-9A-Fa-f]{1,6};|[A-Za-z]\w{1,30};)?")
_DAYS = ("pubdate", "date", "published", "issued", "created", "updated", "modified")  # the first that an entry gives
_MOST = 2000  # entries
_SHANGHAI = timedelta(hours=8)
_BASE = "{http://www.w3.org/XML/1998/namespace}base"


def matches(text: str, url: str) -> bool:
    """Whether the answer is a feed: its first element says so."""
    return bool(_FIRST.match(text.lstrip("\ufeff")[:30_000]))


def read(text: str, url: str) -> ListReading | None:
    """The entries of a feed in its order; None when it cannot be read. A feed is whole unless it names a next page."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, recover=True, remove_comments=True)
    plain = _DECLARATION.sub("", text[:MAX_CHARACTERS].lstrip("\ufeff"), count=1)
    try:
        root = etree.fromstring(_CDATA_OR_AMPERSAND.sub(_escaped, plain), parser)
    except etree.XMLSyntaxError:
        return None
    if not isinstance(root, etree._Element):
        return None  # nothing is left of it
    base = absolute(url, root.get(_BASE)) or url
    found = [e for _, item in zip(range(_MOST), _named(root, "item", "entry"), strict=False) if (e := _entry(item, base))]
    channel = next(_named(root, "channel"), root)
    target = next((link.get("href") for link in _children(channel, "link") if link.get("rel") == "next"), None)
    following = absolute(base, target)
    return ListReading(tuple(dict.fromkeys(found)), None if following == url else following, ended=following in (None, url))


def next_pages(text: str, url: str) -> tuple[str, ...]:
    """Nothing: read names the next page."""
    return ()


def _escaped(found: re.Match[str]) -> str:
    """What XML has for it: programs write & alone, and names of HTML that XML does not know."""
    if found[0].startswith(("<", "&#")) or found[0] in ("&amp;", "&lt;", "&gt;", "&quot;", "&apos;"):
        return found[0]
    known = html.unescape(found[0])
    return "&amp;" + found[0][1:] if known.startswith("&") else known


def _entry(item: etree._Element, base: str) -> ListEntry | None:
    base = absolute(base, item.get(_BASE)) or base
    title = next((shown for each in _children(item, "title") if (shown := _shown(each))), "")
    url = next((u for address in _addresses(item) if (u := absolute(base, address))), None)
    if not title or not url:
        return None
    given = {_name(child): one_line("".join(child.itertext())) for child in reversed(item)}
    return ListEntry(title, url, next((day for name in _DAYS if (day := _day(given.get(name, "")))), None))


def _addresses(item: etree._Element) -> Iterator[str]:
    """Where the notice is, best first: the link to the page itself, then any other, then a guid that is an address."""
    links = [link for link in _children(item, "link") if link.get("rel", "alternate") == "alternate"]
    for link in sorted(links, key=lambda each: "html" not in each.get("type", "html")):
        yield (link.get("href") or link.text or "").strip()
    for guid in (*_children(item, "guid"), *_children(item, "id")):
        if guid.get("isPermaLink") != "false" and (address := (guid.text or "").strip()).startswith(("http://", "https://")):
            yield address


def _shown(title: etree._Element) -> str:
    """A title as readers of feeds show it: marks that are written in it are no part of it."""
    text = "".join(title.itertext())
    return line_of(parse(text)) if re.search(r"<[a-zA-Z/]|&[#\w]{2,8};", text) else one_line(text)


def _day(text: str) -> date | None:
    """The day in China of a moment as feeds write it."""
    moment: datetime | None = None
    for read_moment in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            moment = read_moment(text[:60])
        except (ValueError, IndexError):
            continue
        break
    if moment is None:
        return date_alone(text[:60]) or next((day for _, _, day in find_dates(text[:60])), None)
    if moment.tzinfo is None:
        return moment.date()
    try:
        return (moment.astimezone(UTC) + _SHANGHAI).date()
    except OverflowError:
        return None


def _named(root: etree._Element, *names: str) -> Iterator[etree._Element]:
    return (each for each in root.iter("{*}*") if _name(each) in names)


def _children(element: etree._Element, name: str) -> Iterator[etree._Element]:
    return (child for child in element if _name(child) == name)


def _name(element: etree._Element) -> str:
    return etree.QName(element).localname.lower() if isinstance(element.tag, str) else ""
