"""TRS WCM: createPageHTML(pages, current, "index", "shtml") and its renamed, three-number and variable forms."""

from __future__ import annotations

import re
from dataclasses import dataclass

from crawler.lists.page_addresses import ENDING, file_name, query_page, sibling, stem_and_ending
from crawler.platforms import ListReading

NAME = "trs"
INFERS = False
_MARKS = ("createPageHTML", "TRS_Editor", "TRS_UEDITOR", "trs_editor_view", "countPage")
_CALL = re.compile(r"[Pp]age\w{0,30}\s{0,3}\(([^()]{5,300})\)")
_ARGUMENT = re.compile(r"""\s*(?:(\d{1,7})|['"]([^'"]{0,80})['"]|([^,'"]{1,60}))\s*(?:,|$)""")
# The same in one object: Pager({size:3, current:0, prefix:'index', suffix:'html'}), where size counts pages.
_NAMED = re.compile(r"""\b(\w{2,20})['"]?\s*:\s*(?:['"]([^'"]{0,80})['"]|(\d{1,7}))""")
_NAMES = {
    "pages": ("pages", "totalpage", "totalpages", "pagecount", "countpage", "total", "size"),
    "current": ("current", "currentpage", "curpage", "currpage"),
    "stem": ("prefix", "pagename", "filename"),
    "ending": ("suffix", "pageext", "ext"),
}
_ENDING = re.compile(rf"(?:{ENDING}|{ENDING[2:]})", re.I)
_COUNT = re.compile(r"\b(?:countPage|totalPage|pageCount)\s*[=:]\s*['\"]?(\d{1,6})")
_COUNTS = ("countPage", "totalPage", "pageCount")
_CURRENT = re.compile(r"\b(?:currentPage|currPage|curPage|nCurrIndex)\s*[=:]\s*['\"]?(\d{1,6})")
_STEM = re.compile(r"""["']([\w-]{0,40}_)["']\s*\+""")


@dataclass(frozen=True, slots=True)
class Call:
    """A pager as its script gives it; `current` counts from 0 or from 1, depending on the site."""

    pages: int
    current: int | None
    stem: str
    ending: str


def matches(text: str, url: str) -> bool:
    """Whether the page was made by TRS WCM or pages as it does."""
    return any(mark in text for mark in _MARKS) or pager_of(text, url) is not None


def read(text: str, url: str) -> ListReading | None:
    """None: the entries are in the page, as in any other."""
    return None


def next_pages(text: str, url: str) -> tuple[str, ...]:
    """The next page counted from 0 and from 1; the likelier way first."""
    call = pager_of(text, url)
    if call is None or ended(call, url):
        return ()
    here = _suffix(url, call)
    if here is not None:
        return (sibling(url, _name(call, here + 1)),)
    first, second = (2, 1) if call.current == 1 else (1, 2)
    return tuple(sibling(url, _name(call, n)) for n in (first, second) if n == first or call.pages > 1)


def ended(call: Call, url: str) -> bool:
    """Whether the list ends here by the call's numbers, counted from 0; sites that count from 1 have one more page, which is probed."""
    here = _suffix(url, call)
    return call.pages <= 1 or (here is not None and here >= call.pages - 1)


def pager_of(text: str, url: str) -> Call | None:
    """The pager call or variables of a page."""
    if "age" not in text:
        return None
    for match in _CALL.finditer(text):
        call = _call(match[1])
        if call:
            return call
    count = _COUNT.search(text) if any(name in text for name in _COUNTS) else None
    if not count or query_page(url):
        return None
    current, stem = _CURRENT.search(text), _STEM.search(text)
    own_stem, ending = stem_and_ending(url)
    name = stem[1][:-1] if stem else re.sub(r"_\d+$", "", own_stem)
    return Call(int(count[1]), int(current[1]) if current else None, name or "index", ending)


def _call(arguments: str) -> Call | None:
    """The call when its arguments are numbers, a stem and an ending: (pages, current, …) or (records, pages, current, …)."""
    if arguments.lstrip().startswith("{"):
        return _named_call(arguments)
    numbers: list[int] = []
    stem = None
    for number, string, _ in _ARGUMENT.findall(arguments)[:10]:
        if stem is not None:
            return _made(numbers, stem, string) if _ENDING.fullmatch(string) else None
        if number:
            numbers.append(int(number))
        elif string and numbers:
            stem = string
    return None


def _named_call(arguments: str) -> Call | None:
    """The call of an object with names for all of it."""
    given = {name.lower(): string or number for name, string, number in _NAMED.findall(arguments)[:20]}
    values = {part: next((given[name] for name in names if name in given), "") for part, names in _NAMES.items()}
    if not values["pages"].isdecimal() or not values["stem"] or not _ENDING.fullmatch(values["ending"]):
        return None
    current = int(values["current"]) if values["current"].isdecimal() else None
    return Call(int(values["pages"]), current, values["stem"], "." + values["ending"].lstrip("."))


def _made(numbers: list[int], stem: str, ending: str) -> Call | None:
    if len(numbers) == 1:
        return Call(numbers[0], None, stem, "." + ending.lstrip("."))
    pages, current = (numbers[1], numbers[2]) if len(numbers) >= 3 else (numbers[0], numbers[1])
    return Call(pages, current, stem, "." + ending.lstrip("."))


def _suffix(url: str, call: Call) -> int | None:
    """The number at the end of this page's file name, None on the first page."""
    found = re.fullmatch(re.escape(call.stem) + r"_(\d{1,5})" + re.escape(call.ending), file_name(url))
    return int(found[1]) if found else None


def _name(call: Call, number: int) -> str:
    return f"{call.stem}_{number}{call.ending}"
