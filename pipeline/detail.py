"""A detail page to a Notice: metadata first, then what the page shows, then what its text says; each field says where from."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from notices.blocked import classify
from notices.dates import find_dates, parse_date, url_date
from notices.html import base_url, decode, parse, text_of
from notices.model import Anatomy, Notice
from notices.numbers import parse_number
from pipeline.anatomy import read_anatomy
from pipeline.page_body import main_element, trimmed
from pipeline.page_files import attachments_of
from pipeline.page_meta import labelled, meta_tags
from pipeline.page_title import page_title

_SCRIPT_DATE = re.compile(r"""(?:pubdata|pubdate|publishdate|docreltime|pub_date|fbsj)\w*\s*[=:]\s*['"]([^'"]{6,30})['"]""", re.I)
_SITE_WORDS = ("本网", "本站", "本网讯", "本站原创", "原创", "")


@dataclass(slots=True)
class _Page:
    """What was gathered from a page, and where each field came from."""

    root: Any
    url: str
    meta: dict[str, str]
    labels: dict[str, tuple[str, str]]
    lines: list[str] = field(default_factory=list)
    origin: dict[str, str] = field(default_factory=dict)

    def label(self, name: str) -> str:
        """A labelled value that is not empty, else nothing; its place is noted."""
        value, where = self.labels.get(name, ("", ""))
        if value:
            self.origin.setdefault(name, where)
        return value


def read_detail(
    body: bytes,
    url: str,
    *,
    content_type: str | None = None,
    status: int = 200,
    listed_title: str | None = None,
    region: str | None = None,
) -> Notice:
    """The notice on a page; `blocked` says why when it is none. Never raises for what a page holds."""
    text, _encoding = decode(body, content_type)
    root = parse(text)
    page = _Page(root, base_url(root, url), meta_tags(root), labelled(root))
    title = page_title(root, page.meta, page.labels, listed_title)
    blocked = classify(status, {}, text, listed_title=listed_title, page_title=title[0])
    if blocked:
        return Notice(url, title=title[0], blocked=blocked)
    page.origin["title"] = title[1]
    element, how = main_element(root)
    main = trimmed(text_of(element), title[0])
    main, number = _own_number(page, main, title[0])
    page.origin["text"] = how
    published = _published(page, text)
    issuer = _issuer(page)
    anatomy = read_anatomy(
        main,
        title=title[0],
        published_date=published,
        labelled_number=number,
        labelled_issuer=page.labels.get("issuer", ("", ""))[0] or None,
        labelled_written_date=parse_date(page.label("written_date") or ""),
        region=region,
    )
    return _notice(page, url, title[0], main, element, (published, issuer, number, anatomy))


def _notice(page: _Page, url: str, title: str | None, main: str, element: Any, read: tuple[date | None, str | None, str | None, Anatomy]) -> Notice:
    published, issuer, number, anatomy = read
    own = anatomy.document_number
    if not issuer and anatomy.issuer:
        issuer, page.origin["issuer"] = anatomy.issuer, "text"
    files = attachments_of(_scope(element), page.url)
    return Notice(
        url=url,
        title=title,
        published_date=published,
        issuer=issuer,
        document_number=number or (own.display if own else None),
        index_number=page.label("index_number") or None,
        text=main,
        written_date=anatomy.written_date,
        effective_date=anatomy.effective_date,
        expiry_date=anatomy.expiry_date,
        kind=anatomy.kind,
        addressees=anatomy.addressees,
        attachments=files,
        needs_ocr=len(main) < 30 and element.find(".//img") is not None,
        site_name=page.meta.get("site_name"),
        site_code=page.meta.get("site_code"),
        theme=page.label("theme") or None,
        anatomy=anatomy,
        provenance=page.origin,
    )


def _scope(element: Any) -> Any:
    """The text's element with its neighbours: file lists often stand right below the text."""
    parent = element.getparent()
    return parent if parent is not None and parent.tag not in ("body", "html") else element


def _own_number(page: _Page, main: str, title: str | None) -> tuple[str, str | None]:
    """The text without a number line before it, and the document's own number where page or title shows it."""
    labelled_number = page.label("document_number")
    made = parse_number(labelled_number, labelled=True) if labelled_number else None
    first, _, rest = main.partition("\n")
    leading = parse_number(first.strip("（）() ")) if len(first) <= 40 else None
    if leading is not None:
        main = rest
    if made is not None:
        return main, labelled_number
    if leading is not None:
        page.origin["document_number"] = "line"
        return main, first.strip("（）() ")
    tail = re.search(r"[（(]([^（()）]{4,40}号)[)）]\s*$", title or "")
    if tail and parse_number(tail[1]):
        page.origin["document_number"] = "title"
        return main, tail[1]
    page.origin.pop("document_number", None)
    return main, None


def _published(page: _Page, text: str) -> date | None:
    """The day the page went online: shown, in a tag, in a script, in its address."""
    for value, where in ((page.label("published_date"), "line"), (page.meta.get("published_date", ""), "tag")):
        found = _first_date(value)
        if found:
            page.origin["published_date"] = where
            return found
    script = _SCRIPT_DATE.search(text)
    found = _first_date(script[1]) if script else None
    if found:
        page.origin["published_date"] = "script"
        return found
    return _date_under_title(page) or _date_in_url(page)


def _first_date(value: str) -> date | None:
    dates = find_dates(value[:80]) if value else []
    return dates[0][2] if dates else None


def _date_under_title(page: _Page) -> date | None:
    """A short line with a date and a clock time or a word such as 发布, near the top."""
    body = page.root.find("body")
    lines = text_of(body if body is not None else page.root).split("\n") if len(page.root) else []
    for line in lines[:120]:
        if len(line) <= 80 and re.search(r"\d{4}\s*[-/.年]\s*\d{1,2}", line) and re.search(r"\d{1,2}:\d{2}|发布|时间|日期|来源|作者|点击|浏览|字体|^\W*[\d\-/.年月日 ]+\W*$", line):
            found = _first_date(line)
            if found and not re.search(r"今天是|Copyright|版权", line):
                page.origin["published_date"] = "line"
                return found
    return None


def _date_in_url(page: _Page) -> date | None:
    found = url_date(page.url)
    if found:
        page.origin["published_date"] = "url"
    return found


def _issuer(page: _Page) -> str | None:
    """The issuing or publishing body that the page names."""
    for value, where in ((page.label("issuer"), "table"), (page.label("origin"), "line"), (page.meta.get("origin", ""), "tag")):
        plain = re.split(r"\s{2,}|\t|\|", value)[0].strip(" :：[]【】")
        if plain and plain not in _SITE_WORDS and len(plain) <= 60:
            page.origin["issuer"] = page.origin.get("issuer", where)
            return plain
    if page.label("origin") and page.meta.get("site_name"):
        page.origin["issuer"] = "tag"
        return page.meta["site_name"]
    return None
