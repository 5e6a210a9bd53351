"""The next page by a page's own pager: its links, its page numbers, its number of pages (reference/domain.md §4.1)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lxml import etree

from crawler.lists.page_addresses import PAGE_KEYS, sibling, stem_and_ending, succeeding, with_query
from crawler.lists.pager_controls import is_address, label, labels, page_number, target_of
from notices.text.html import absolute

# Words of a link to the next page; the last of them are those of WordPress and of lists that grow.
_NEXT = re.compile(
    r"^[\[【(（<\s]*(?:下\s*一?\s*[页頁]|后一?页|向后|next(?:\s*page)?|older(?:\s*posts)?|(?:较早|更早)的?文章|(?:点击)?(?:加载|显示)更多|[>›»＞→]{1,2})"
    r"\s*[>›»＞→\]】)）]*$",
    re.I,
)
# Names of a link to the next page and of its picture: class="next page-numbers" (WordPress), next.gif, xyy.png (下一页).
_NEXT_NAME = re.compile(r"(?:^|[\s_-])next(?:[\s_-]?page)?(?=$|[\s_-])", re.I)
_NEXT_PICTURE = re.compile(r"(?:^|/)(?:\w{0,12}[_-])?(?:next(?:_?page)?|xyy|xiayiye)\d?\.(?:gif|png|jpe?g|svg|webp)$", re.I)
_LAST = re.compile(r"^[\[【(（\s]*(?:尾页|末页|最后一?页|last)", re.I)
_DISABLED = re.compile(r"disabled|nolink|\bno-?next", re.I)
_CHOICE = re.compile(r"\s*第?\s*(\d{1,4})\s*页?\s*")
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
_MOST_CONTROLS = 2_000
# A part with nothing but page numbers and the words of a pager, at least two of them: [1] [2] [3], 第1页 第2页 共 3 页.
_NUMBERS = re.compile(r"(?=.*\d\D+\d)[\s\d\[\]【】()（）<>«»‹›|/….·,，:：第共页条首尾末上下一前后转到跳至当前显示记录GOgo]{3,300}", re.S)
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
    for element in root.xpath("//*[@onclick or @data-href or @data-url][not(self::a or self::area or self::link)]")[:_MOST_CONTROLS]:
        _take(element, pager, numbers, base)
    _take_choices(root, pager, numbers, base)
    _count(root, pager)
    _take_forms(root, pager, numbers, base)
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
    said = list(labels(element))
    number = page_number(said[0]) if said else None
    if number is not None:
        target = target_of(element, base)
        if target and _in_pager(element):
            numbers.setdefault(number, target)
        pager.open = pager.open or (target is None and number == 2 and _in_pager(element))
    elif _leads_on(element, said):
        target = target_of(element, base)
        if target:
            pager.following.append(target)
        pager.open = True


def _leads_on(element: etree._Element, said: Sequence[str]) -> bool:
    """Whether a link or a button leads to the next page, by the words it says, or in a pager by its sign, its name or its picture."""
    names = element.get("class") or ""
    if _DISABLED.search(names):
        return False
    words = [text for text in said if len(text) <= 12 and _NEXT.match(text)]
    if any(c.isalnum() for text in words for c in text):
        return True
    pictured = any(_NEXT_PICTURE.search(image.get("src") or "") for image in element.iter("img"))
    return bool(words or pictured or _NEXT_NAME.search(names)) and (
        _in_pager(element) or bool(_PAGER.search(names)) or (pictured and len(element) == 1)
    )


def _take_choices(root: etree._Element, pager: Pager, numbers: dict[int, str], base: str) -> None:
    """Note the pages that a box of choices leads to: <option value="list-2.html">2</option>."""
    for box in root.iter("select"):
        choices = {int(found[1]): option for option in box.iter("option") if (found := _CHOICE.fullmatch(option.text or ""))}
        if len(choices) < 2 or not all(is_address(option.get("value") or "") for option in choices.values()):
            continue
        for number, option in choices.items():
            if target := absolute(base, option.get("value")):
                numbers.setdefault(number, target)
            if option.get("selected") is not None:
                pager.current = pager.current or number


def _take_forms(root: etree._Element, pager: Pager, numbers: dict[int, str], base: str) -> None:
    """Note the page that a form asks for whose field is the page number, where the page says its number and that there are more."""
    if pager.current is None or pager.total is None or pager.current >= pager.total or numbers or pager.following:
        return
    for form in root.iter("form"):
        fields = {field.get("name") or "": field.get("value") or "" for field in form.iter("input", "select")}
        key = next((name for name in fields if name.lower() in PAGE_KEYS), None)
        target = absolute(base, form.get("action") or base)
        if key and target and (form.get("method") or "get").lower() == "get":
            hidden = {
                name: field.get("value") or ""
                for field in form.iter("input")
                if field.get("type") == "hidden" and (name := field.get("name"))
            }
            numbers[pager.current + 1] = with_query(target, **{**hidden, key: str(pager.current + 1)})


def _in_pager(element: etree._Element) -> bool:
    """Whether a link is inside a pager, by the names of the parts around it or by the words next to it."""
    part = element.getparent()
    for _ in range(3):
        if part is None or part.tag == "body":
            return False
        if _PAGER.search(f"{part.get('class') or ''} {part.get('id') or ''}"):
            return True
        if len(part) <= 60 and _NUMBERS.fullmatch("".join(part.itertext("*"))[:300]):
            return True
        if len(part) <= 60 and any(_NEXT.match(label(a)) or _LAST.match(label(a)) for a in list(part)[-6:] if a.tag == "a"):
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
