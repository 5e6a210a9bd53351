"""Lists read by the selectors of a source file."""

from __future__ import annotations

from lxml import etree
from lxml.cssselect import CSSSelector

from crawler.lists.links import CUT, link_target, own_text, title_of
from notices.capture import ListEntry
from notices.errors import SourceFileError
from notices.text.dates import find_dates, parse_date
from notices.text.html import base_url
from notices.text.language import _
from notices.text.whitespace import collapse_whitespace


def select(root: etree._Element, selector: str) -> list[etree._Element]:
    """The elements that a CSS selector, or an XPath if it contains a slash, finds. Raises SourceFileError naming it."""
    try:
        found = root.xpath(selector) if "/" in selector else CSSSelector(selector)(root)
    except (etree.XPathError, SyntaxError, ValueError, AssertionError) as error:
        raise SourceFileError(
            _("list: {selector!r} is neither a CSS selector nor an XPath: {error}").format(selector=selector, error=error)
        ) from error
    return [e for e in found if isinstance(e, etree._Element)] if isinstance(found, list) else []


def ruled_entries(root: etree._Element, url: str, selectors: dict[str, str | None]) -> tuple[ListEntry, ...]:
    """The entries that the selectors find; a part without a selector is found inside the entry's element."""
    base = base_url(root, url)
    rows = select(root, selectors["entries"] or "")
    made = (_entry(row, base, selectors) for row in rows)
    return tuple(dict.fromkeys(e for e in made if e))


def _entry(row: etree._Element, base: str, selectors: dict[str, str | None]) -> ListEntry | None:
    link = _first(row, selectors["link"]) if selectors["link"] else _longest_link(row)
    if link is None:
        return None
    url = link_target(link, base) or CUT
    named = _first(row, selectors["title"]) if selectors["title"] else None
    title = own_text(named) if named is not None else title_of(link, own_text(link))
    dated = _first(row, selectors["date"]) if selectors["date"] else row
    text = collapse_whitespace("\n".join(dated.itertext("*"))[:2000]) if dated is not None else ""
    found = find_dates(text)
    day = parse_date(text) or (found[-1][2] if found else None)
    return ListEntry(title, url, day) if title else None


def _longest_link(row: etree._Element) -> etree._Element | None:
    links = [row] if row.tag == "a" else list(row.iter("a"))[:20]
    return max(links, key=lambda a: len(own_text(a) or a.get("title") or ""), default=None)


def _first(row: etree._Element, selector: str) -> etree._Element | None:
    found = select(row, selector if "/" not in selector or selector.startswith(".") else f".{selector}")
    return found[0] if found else None
