"""The words and the target of a pager's link or button, whatever carries them: text, tooltip, picture; href, data, script."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from lxml import etree

from crawler.lists.page_addresses import ENDING, numbered, query_page, sibling, with_query
from notices.text.html import absolute
from notices.text.whitespace import collapse_whitespace

# Scripts of pagers: gotoPage(3), toPage('3'), turnpage(3); and calls with an address: goto("list_3.html").
_NUMBER = re.compile(r"[\[【(（]?\s*第?\s*(\d{1,4})\s*页?\s*[\]】)）]?")
_DATA_NUMBER = re.compile(r"data-page=(\d{1,5})")
_NUMBER_CALL = re.compile(r"\w*(?:page|goto|turn|to|list)\w*\s*\(\s*['\"]?(\d{1,5})['\"]?\s*[,)]", re.I)
_FUNCTION_CALL = re.compile(r"\b(\w{2,40})\s*\(\s*['\"]?(\d{1,5})['\"]?\s*\)")
_LOCATION = re.compile(r"\blocation(?:\.href)?\s*=\s*([^;\n{}]{3,200})")
_PLUS = re.compile(r"\s*\+\s*")
_ADDRESS_CALL = re.compile(rf"""(?:\(|=)\s*['"]([^'"\s<>]*(?:{ENDING}|\?)[^'"\s<>]*)['"]""", re.I)


def labels(element: etree._Element) -> Iterator[str]:
    """All that a link says of itself: its text, its tooltip, its name for readers of screens, the names of its pictures."""
    return (shown for each in islice(_said(element), 12) if (shown := collapse_whitespace(each[:40])))


def _said(element: etree._Element) -> Iterator[str]:
    yield collapse_whitespace("".join(element.itertext("*"))[:40]) if len(element) < 8 else ""
    yield from (element.get(name) or "" for name in ("title", "aria-label", "value"))
    yield from (image.get(name) or "" for image in element.iter("img") for name in ("alt", "title"))


def label(element: etree._Element) -> str:
    """The first thing that a link says of itself; empty for none."""
    return next(labels(element), "")


def page_number(text: str) -> int | None:
    """The page that a link's words name: 3, [3], 第3页; None for any other words."""
    found = _NUMBER.fullmatch(text)
    return int(found[1]) if found else None


def is_address(value: str) -> bool:
    """Whether a value is an address and not a script or a number."""
    return any(mark in value for mark in "./?=") and not value.lower().startswith("javascript")


def target_of(element: etree._Element, base: str) -> str | None:
    """Where a link of the pager leads, through its href or the address or page number in its script."""
    href = (element.get("href") or "").strip()
    if href and not href.lower().startswith("javascript") and not href.startswith("#"):
        return absolute(base, href)
    given = next((value for name in ("data-href", "data-url", "data-link") if (value := element.get(name) or "")), "")
    if is_address(given):
        return absolute(base, given)
    script = f"{element.get('onclick') or ''} {href} data-page={element.get('data-page') or ''}"[:500]
    address = _ADDRESS_CALL.search(script)
    if address:
        return absolute(base, address[1])
    return _by_function(script, element, base) or _by_number(script, base)


def _by_number(script: str, base: str) -> str | None:
    """The address that already carries a page number, with the number that a script names."""
    number = _NUMBER_CALL.search(script) or _DATA_NUMBER.search(script)
    in_query, in_name = query_page(base), numbered(base)
    if not number or not (in_query or in_name):
        return None
    if in_query:
        return with_query(base, **{in_query[0]: number[1]})
    return sibling(base, f"{in_name[0]}{number[1]}{in_name[2]}") if in_name else None


def _by_function(script: str, element: etree._Element, base: str) -> str | None:
    """The address that a function of the page makes of a page number: function go(n) { location.href = 'index_' + n + '.html'; }."""
    call = _FUNCTION_CALL.search(script)
    if call is None:
        return None
    head = re.compile(rf"\bfunction\s+{re.escape(call[1])}\s*\(\s*(\w+)\s*\)\s*\{{")
    for code in element.getroottree().iter("script"):
        text = (code.text or "")[:200_000]
        found = head.search(text)
        made = _LOCATION.search(text, found.end(), found.end() + 600) if found else None
        if found and made:
            name = _joined(made[1], found[1], int(call[2]))
            return absolute(base, name) if name else None
    return None


def _joined(expression: str, parameter: str, number: int) -> str | None:
    """The value of 'index_' + n + '.html'; None for anything but words, the number and the number less one, joined by +."""
    number_less_one = re.compile(rf"\(?\s*{re.escape(parameter)}\s*-\s*1\s*\)?")
    out = ""
    for piece in _PLUS.split(expression.strip()):
        if len(piece) > 1 and piece[0] in "\"'" and piece[-1] == piece[0] and piece[0] not in piece[1:-1]:
            out += piece[1:-1]
        elif piece == parameter:
            out += str(number)
        elif number_less_one.fullmatch(piece):
            out += str(number - 1)
        else:
            return None
    return out if str(number) in out or str(number - 1) in out else None
