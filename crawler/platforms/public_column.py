"""龙讯-type 信息公开: /public/column/ORGAN?type=4&catId=…&action=list, static lists with a scripted pager."""

from __future__ import annotations

from urllib.parse import urlsplit

from crawler.lists.page_addresses import query_page, with_query
from crawler.platforms import ListReading

NAME = "public_column"
INFERS = True


def matches(text: str, url: str) -> bool:
    """Whether the address or the pager is the family's."""
    return "/public/column/" in urlsplit(url).path or "page_public_info" in text


def read(text: str, url: str) -> ListReading | None:
    """None: the entries are in the page, as in any other."""
    return None


def next_pages(text: str, url: str) -> tuple[str, ...]:
    """The page number in the query. The pager is a script and does not name its key, so these are guesses."""
    if "/public/column/" not in urlsplit(url).path or query_page(url):
        return ()
    return (with_query(url, pageIndex=2), with_query(url, page=2))
