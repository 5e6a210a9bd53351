"""The next page by a page's own pager: its links, its page numbers, its number of pages (reference/domain.md §4.1)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

from crawler.lists.page_addresses import ENDING, numbered, query_page, sibling, stem_and_ending, succeeding, with_query
from notices.text.html import absolute
from notices.text.whitespace import collapse_whitespace

_NEXT = re.compile(r"^[\[【(（<\s]*(?:下\s*一?\s*[页頁]|后一?页|向后|next(?:\s*page)?|[>›»＞]{1,2})\s*[>›»＞→\]】)）]*$", re.I)
_LAST = re.compile(r"^[\[【(（\s]*(?:尾页|末页|最后一?页|last)", re.I)
_DISABLED = re.compile(r"disabled|nolink|\bno-?next", re.I)
# Scripts of pagers: gotoPage(3), toPage('3'), turnpage(3); and calls with an address: goto("list_3.html").
_NUMBER_CALL = re.compile(r"\w*(?:page|goto|turn|to|list)\w*\s*\(\s*['\"]?(\d{1,5})['\"]?\s*[,)]", re.I)
_FUNCTION_CALL = re.compile(r"\b(\w{2,40})\s*\(\s*['\"]?(\d{1,5})['\"]?\s*\)")
_LOCATION = re.compile(r"\blocation(?:\.href)?\s*=\s*([^;\n{}]{3,200})")
_PLUS = re.compile(r"\s*\+\s*")
_CHOICE = re.compile(r"\s*第?\s*(\d{1,4})\s*页?\s*")
_ADDRESS_CALL = re.compile(rf"""(?:\(|=)\s*['"]([^'"\s<>]*(?:{ENDING}|\?)[^'"\s<>]*)['"]""", re.I)
_COUNT = re.compile(r"共\s*(\d{1,5})\s*页|(?<![\d/.-])(\d{1,5})\s*/\s*(\d{1,5})(?![\d/.-])\s*页?")
# createPageHTML(12, 0, "index", …) of TRS, Pager({size: 12, …}) of UCAP and JEECMS, var countPage = 12, totalpage="12", 共12页, 第1/12页.
_NAMED_COUNTS = (
    re.compile(r"createPage(?:HTML)?\w{0,8}\s*\(\s*['\"]?(\d{1,5})['\"]?\s*,", re.I),
    re.compile(r"\b(?:countPages?|totalPages?|pageCount|pageTotal|totalPageCount)\b['\"]?\s*[:=]\s*['\"]?(\d{1,5})\b", re.I),
    re.compile(r"\bPager\s*\(\s*\{[^{}]{0,120}?\bsize\s*:\s*(\d{1,5})\b"),
    re.compile(r"共\s*(?:<[^<>]{0,60}>\s*)?(\d{1,5})\s*(?:<[^<>]{0,60}>\s*)?页"),
    re.compile(r"(?<![\d/.-])\d{1,5}\s*/\s*(\d{1,5})(?![\d/.-])\s*页"),
)
_MOST_PAGES = 20_000
_PAGER = re.compile(r"page|paging|pagination|fenye|\bfy\b|pagi|turn", re.I)
_HERE = re.compile(r"\b(?:cur(?:rent)?|active|on|now|selected|thisclass|hover)\b", re.I)


@dataclass(slots=True)
class Pager:
    """A page's pager. `following`: next pages, the most certain first; `open`: it shows a pager without targets."""

    following: list[str]
    current: int | None = None
    total: int | None = None
    open: bool = False

    @property
    def ended(self) -> bool:
        """Whether the page is the last one by its own numbers."""
        if self.following or self.total is None:
            return False
        return self.total <= 1 or (self.current is not None and self.current >= self.total)


def pages_named(text: str) -> int | None:
    """How many list pages there are by what a page says in words or to its pager's script; None where it does not say."""
    found = next((match for pattern in _NAMED_COUNTS if (match := pattern.search(text))), None)
    count = int(found[1]) if found else 0
    return count if 1 <= count <= _MOST_PAGES else None


def read_pager(root: etree._Element, url: str, base: str) -> Pager:
    """The pager of a page."""
    pager = Pager([])
    numbers: dict[int, str] = {}
    for element in root.iter("a", "area", "link"):
        _take(element, pager, numbers, base)
    _take_choices(root, pager, numbers, base)
    _count(root, pager)
    here = _number_here(root, numbers, url) or pager.current
    if here is None and numbers:
        here = 1
    pager.current = pager.current or here
    if here is not None and here + 1 in numbers:
        pager.following.append(numbers[here + 1])
    pager.following = [u for u in dict.fromkeys(pager.following) if _plain(u) != _plain(url)]
    return pager


def guesses(pager: Pager, url: str) -> Iterator[str]:
    """Pages to probe where the pager names none; empty when the list ends here by the pager."""
    if pager.ended:
        return
    after = succeeding(url)
    if after:
        yield after
    if after or not (pager.open or (pager.total or 0) > 1):
        return
    stem, ending = stem_and_ending(url)
    if pager.total and pager.total > 1 and stem != "index":
        yield sibling(url, f"{stem}/{pager.total - 1}{ending}")
    yield sibling(url, f"{stem}_1{ending}")
    yield sibling(url, f"{stem}_2{ending}")
    yield with_query(url, page=2)


def _take(element: etree._Element, pager: Pager, numbers: dict[int, str], base: str) -> None:
    """Note what one link contributes to the pager."""
    if element.tag == "link" or element.get("rel") == "next":
        if (element.get("rel") or "").lower() == "next":
            pager.following[:0] = [u for u in (absolute(base, element.get("href")),) if u]
        return
    text = _label(element)
    if text.isdecimal() and len(text) <= 4:
        target = _target(element, base)
        if target and _in_pager(element):
            numbers.setdefault(int(text), target)
        pager.open = pager.open or (target is None and text == "2" and _in_pager(element))
    elif text and len(text) <= 12 and _NEXT.match(text) and not _DISABLED.search(element.get("class") or ""):
        if not any(c.isalnum() for c in text) and not _in_pager(element):
            return
        target = _target(element, base)
        if target:
            pager.following.append(target)
        pager.open = True


def _take_choices(root: etree._Element, pager: Pager, numbers: dict[int, str], base: str) -> None:
    """Note the pages that a box of choices leads to: <option value="list-2.html">2</option>."""
    for box in root.iter("select"):
        choices = {int(found[1]): option for option in box.iter("option") if (found := _CHOICE.fullmatch(option.text or ""))}
        if len(choices) < 2 or not all(_is_address(option.get("value") or "") for option in choices.values()):
            continue
        for number, option in choices.items():
            if target := absolute(base, option.get("value")):
                numbers.setdefault(number, target)
            if option.get("selected") is not None:
                pager.current = pager.current or number


def _is_address(value: str) -> bool:
    return any(mark in value for mark in "./?=") and not value.lower().startswith("javascript")


def _label(element: etree._Element) -> str:
    text = collapse_whitespace("".join(element.itertext("*"))[:40]) if len(element) < 8 else ""
    return text or collapse_whitespace((element.get("title") or element.get("aria-label") or "")[:12])


def _target(element: etree._Element, base: str) -> str | None:
    """Where a link of the pager leads, through its href or the address or page number in its script."""
    href = (element.get("href") or "").strip()
    if href and not href.lower().startswith("javascript") and not href.startswith("#"):
        return absolute(base, href)
    script = f"{element.get('onclick') or ''} {href}"[:500]
    address = _ADDRESS_CALL.search(script)
    if address:
        return absolute(base, address[1])
    return _by_function(script, element, base) or _by_number(script, base)


def _by_number(script: str, base: str) -> str | None:
    """The address that already carries a page number, with the number that a script names."""
    number = _NUMBER_CALL.search(script)
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


def _in_pager(element: etree._Element) -> bool:
    """Whether a link is inside a pager, by the names of the parts around it or by the words next to it."""
    part = element.getparent()
    for _ in range(3):
        if part is None or part.tag == "body":
            return False
        if _PAGER.search(f"{part.get('class') or ''} {part.get('id') or ''}"):
            return True
        if len(part) <= 60 and any(_NEXT.match(_label(a)) or _LAST.match(_label(a)) for a in list(part)[-6:] if a.tag == "a"):
            return True
        part = part.getparent()
    return False


def _count(root: etree._Element, pager: Pager) -> None:
    """The number of this page and of all pages, from 共5页 or 1/5."""
    for text in root.xpath("//text()[contains(., '共') or contains(., '/')][string-length() < 200][not(parent::script or parent::style)]"):
        for match in _COUNT.finditer(text):
            if match[1]:
                pager.total = pager.total or int(match[1])
            elif 1 <= int(match[2]) <= int(match[3]) and ("页" in text or "共" in text or "条" in text):
                pager.current, pager.total = int(match[2]), int(match[3])


def _number_here(root: etree._Element, numbers: dict[int, str], url: str) -> int | None:
    """The number of this page in a row of page numbers."""
    for number, target in numbers.items():
        if _plain(target) == _plain(url):
            return number
    if not numbers:
        return None
    for element in root.iter("a", "span", "strong", "b", "em", "li", "font"):
        text = (element.text or "").strip()
        if text.isdecimal() and len(text) <= 4 and len(element) == 0 and _HERE.search(element.get("class") or "") and _in_pager(element):
            return int(text)
    bare = {
        int(text)
        for element in root.iter("a", "span", "strong", "b", "em", "i", "font")
        if (text := (element.text or "").strip()).isdecimal()
        and len(text) <= 4
        and not len(element)
        and not element.get("href")
        and int(text) not in numbers
        and _in_pager(element)
    }
    if len(bare) == 1 and (bare & {min(numbers) - 1, max(numbers) + 1}):
        return bare.pop()
    missing = [n for n in range(1, max(numbers) + 1) if n not in numbers and (n - 1 in numbers or n + 1 in numbers)]
    return missing[0] if len(missing) == 1 else None


def _plain(url: str) -> str:
    return url.partition("#")[0].partition("://")[2]
