"""VSB (博达) and the like: notices at info/1001/1234.htm, further pages at COLUMN/N.htm counting down to 1."""

from __future__ import annotations

import re

from crawler.lists.page_addresses import numbered, sibling, stem_and_ending
from crawler.platforms import ListReading

NAME = "vsb"
INFERS = True
_PAGES = re.compile(r"_simple_list_gotopage_fun\((\d{1,5})|id=[\"']?fanye\w{0,20}[\"']?[^<]{0,40}>[^<]{0,60}?(?<![\d])\d{1,5}/(\d{1,5})")


def matches(text: str, url: str) -> bool:
    """Whether the page was made by VSB."""
    return "_simple_list_gotopage_fun" in text or "_jsq_(" in text or 'id="fanye' in text or "/system/resource/js/" in text


def read(text: str, url: str) -> ListReading | None:
    """None: the entries are in the page, as in any other."""
    return None


def next_pages(text: str, url: str) -> tuple[str, ...]:
    """The page below this one; from the first page, the one that counts all pages less one."""
    here = numbered(url)
    if here and not here[0]:
        return (sibling(url, f"{here[1] - 1}{here[2]}"),) if here[1] > 1 else ()
    found = _PAGES.search(text)
    total = int(found[1] or found[2]) if found else 0
    stem, ending = stem_and_ending(url)
    return (sibling(url, f"{stem}/{total - 1}{ending}"),) if total > 1 else ()
