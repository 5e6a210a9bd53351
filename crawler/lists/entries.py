"""Entries of a page or a fragment of HTML, whichever CMS made it."""

from __future__ import annotations

import re
from datetime import date

from lxml import etree

from crawler.lists.grouping import choose
from crawler.lists.outline import outline
from crawler.lists.pairing import Pairing, Record, with_title
from notices.capture import ListEntry
from notices.text.dates import url_date
from notices.text.html import base_url, parse

_TRS_FILE = re.compile(r"/[tPW]\d{8}_?\d")


def page_entries(root: etree._Element, url: str) -> tuple[ListEntry, ...]:
    """The entries of the list that a page shows."""
    page = outline(root, base_url(root, url))
    return _entries(choose(page, Pairing(page), url))


def fragment_entries(fragment: str, url: str) -> tuple[ListEntry, ...]:
    """The entries of a fragment that is nothing but a list: when no list is recognised, every link that can be a title."""
    page = outline(parse(f"<div>{fragment}</div>"), url)
    pairing = Pairing(page)
    chosen = choose(page, pairing, url)
    return _entries(chosen or pairing.records() or [Record(link.node, link, None) for link in pairing.eligible(page.links)])


def fragment_list(fragment: str, url: str) -> tuple[ListEntry, ...]:
    """The entries of the list in a fragment that may contain other things too."""
    page = outline(parse(f"<div>{fragment}</div>"), url)
    return _entries(choose(page, Pairing(page), url))


def record_entry(fragment: str, url: str) -> ListEntry | None:
    """The one entry of a record's HTML."""
    wrapped = f"<table>{fragment}</table>" if fragment.lstrip()[:3].lower() in ("<tr", "<td") else f"<div>{fragment}</div>"
    page = outline(parse(wrapped), url)
    pairing = Pairing(page)
    links = pairing.eligible(page.links)
    if not links:
        return None
    found = _entries([next(iter(pairing.records()), None) or Record(links[0].node, pairing.best(links), None)])
    return found[0] if found else None


def _day_of_address(url: str) -> date | None:
    """The day in an address whose row shows none. Not that of a TRS file name, t20260928_1.html: it stays when an old page is moved."""
    return None if _TRS_FILE.search(url) else url_date(url)


def _entries(records: list[Record]) -> tuple[ListEntry, ...]:
    titled = (record for record in map(with_title, records) if record.title)
    made = (ListEntry(r.title, r.link.url, r.day or _day_of_address(r.link.url), r.deadline) for r in titled)
    return tuple(dict.fromkeys(made))
