"""Addresses of list pages: the page number in an address, and the address of the next page."""

from __future__ import annotations

import re
from urllib.parse import quote, urljoin, urlsplit, urlunsplit

PAGE_KEYS = frozenset(
    ("page", "pageno", "pagenum", "pageindex", "currpage", "curpage", "cur_page", "currentpage", "pn", "pageid", "p", "nowpage", "pg")
)
ENDING = r"\.(?:[dsjx]?html?|jspx?|aspx?|php|action|do)"
"""The endings of pages, as a pattern: .jhtml and .jspx are JEECMS, .aspx ASP.NET, .action and .do Struts."""
_NUMBERED = re.compile(rf"^(.*?[^\d])?(\d{{1,4}})({ENDING})$", re.I)
_FILE = re.compile(rf"^(.*?)({ENDING})?$", re.I)


_POSTED = "#POST:"


def posted(url: str, form: str) -> str:
    """The address of an answer that is asked for by POST: the form follows the address as a fragment, which is never sent."""
    return f"{url}{_POSTED}{form}"


def posted_form(url: str) -> str | None:
    """The form of an address that `posted` made; None for any other address."""
    _, mark, form = url.partition(_POSTED)
    return form if mark else None


def with_query(url: str, **values: str | int) -> str:
    """The address with these query values, replaced where the key occurs (in any case) or added."""
    parts = urlsplit(url)
    left = dict(values)
    pairs = []
    for pair in [p for p in parts.query.split("&") if p]:
        key = pair.partition("=")[0]
        name = next((n for n in left if n.lower() == key.lower()), None)
        pairs.append(pair if name is None else f"{key}={quote(str(left.pop(name)), safe='')}")
    pairs += [f"{name}={quote(str(value), safe='')}" for name, value in left.items()]
    return urlunsplit((parts.scheme, parts.netloc, parts.path, "&".join(pairs), ""))


def query_page(url: str) -> tuple[str, int] | None:
    """The query key of the page number, and the number."""
    for pair in urlsplit(url).query.split("&"):
        key, _, value = pair.partition("=")
        if key.lower() in PAGE_KEYS and value.isdecimal() and len(value) < 6:
            return key, int(value)
    return None


def file_name(url: str) -> str:
    """The last part of the address's path."""
    return urlsplit(url).path.rpartition("/")[2]


def stem_and_ending(url: str) -> tuple[str, str]:
    """File name without and with its ending; index and .html for a folder."""
    found = _FILE.match(file_name(url))
    return (found[1] or "index", found[2] or ".html") if found else ("index", ".html")


def numbered(url: str) -> tuple[str, int, str] | None:
    """The parts of a numbered page's file name: before the number, the number, the ending (list_, 2, .html)."""
    found = _NUMBERED.match(file_name(url))
    return (found[1] or "", int(found[2]), found[3]) if found else None


def sibling(url: str, name: str) -> str:
    """The address of another file in the same folder."""
    parts = urlsplit(url)
    return urljoin(urlunsplit((parts.scheme, parts.netloc, parts.path, "", "")), name)


def succeeding(url: str) -> str | None:
    """The address with its page number raised by one; None without a page number."""
    in_query = query_page(url)
    if in_query:
        return with_query(url, **{in_query[0]: in_query[1] + 1})
    in_name = numbered(url)
    if in_name and in_name[1] < 5000 and re.search(r"(?:index|list|page|default|column|_pc|[_-])\D*$|^$", in_name[0], re.I):
        return sibling(url, f"{in_name[0]}{in_name[1] + 1}{in_name[2]}")
    return None
