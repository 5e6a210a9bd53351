"""A source file from a list page: its family, column, paging and dates, and how certain each of them is."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlsplit

from lxml import etree

from crawler.list_page import next_candidates, read_list
from crawler.lists.links import CUT, link_target, own_text
from notices.capture import ListPage
from notices.text.dates import url_date
from notices.text.html import base_url, decode, parse
from notices.text.whitespace import collapse_whitespace
from notices.urls import same_site

_SITE_TAGS = ("sitename", "siteName")
_PARTS = re.compile(r"[-_—|–»>]+")
_COLUMN = re.compile(
    r"^(?:通知|公告|公示|通告|政策|规范性文件|政府文件|办公室文件|规章|解读|法定主动公开|政府信息公开目录|文件)\S{0,8}$|"
    r"^\S{0,8}(?:公告|公示|文件|通知|解读|规章)$"
)
_DATE_FORMS = (
    (re.compile(r"(?:19|20)\d\d-\d{1,2}-\d{1,2}"), "YYYY-MM-DD"),
    (re.compile(r"(?:19|20)\d\d/\d{1,2}/\d{1,2}"), "YYYY/MM/DD"),
    (re.compile(r"(?:19|20)\d\d\.\d{1,2}\.\d{1,2}"), "YYYY.MM.DD"),
    (re.compile(r"(?:19|20)\d\d年\d{1,2}月\d{1,2}日"), "YYYY年MM月DD日"),
)


@dataclass(frozen=True, slots=True)
class Recognised:
    """What a list page shows. `columns` are (name, url), this page's first; `sure` and `unsure` are sentences."""

    url: str
    family: str | None
    site: str | None
    columns: tuple[tuple[str, str], ...]
    entries: int
    dated: int
    next_page: str | None
    candidates: tuple[str, ...]
    date_format: str | None
    sure: tuple[str, ...]
    unsure: tuple[str, ...]


def recognise(body: bytes, url: str, content_type: str | None = None) -> Recognised:
    """Read a list page for a source file; nothing is fetched."""
    page = read_list(body, url, content_type=content_type)
    text, _ = decode(body, content_type)
    root = parse(text)
    site, column = _names(root)
    candidates = next_candidates(body, url)
    form = next((name for shape, name in _DATE_FORMS if shape.search(text)), None) if any(e.date for e in page.entries) else None
    sure, unsure = _judged(page, candidates, site, column)
    return Recognised(
        url=url,
        family=page.platform,
        site=site,
        columns=((column or "list", url), *_other_columns(root, url, {url, *(e.url for e in page.entries)})),
        entries=len(page.entries),
        dated=sum(e.date is not None for e in page.entries),
        next_page=page.next_page,
        candidates=candidates,
        date_format=form,
        sure=tuple(sure),
        unsure=tuple(unsure),
    )


def source_toml(found: Recognised, *, name: str, written: date, region: str = "000000", allow_private: bool = False) -> str:
    """A source file for a recognised page, ready to be checked; comments at its head name the uncertain values."""
    others = found.columns[1:]
    lines = [
        f"# Written from {_comment(found.url)}",
        *(f"# sure: {_comment(s)}" for s in found.sure),
        *(f"# NOT SURE: {_comment(s)}" for s in found.unsure),
        *(["# NOT SURE: region is a placeholder; give the six-digit code of the place"] if region == "000000" else []),
        f"name = {_quoted(name)}",
        f"site = {_quoted(found.site or urlsplit(found.url).netloc)}",
        f"publisher = {_quoted(found.site or '')}",
        f"region = {_quoted(region)}",
        "enabled = false",
        f"written = {written.isoformat()}",
        'schedule = "20 6,18 * * *"',
        "delay = 2.0",
        f"allow_private = {'true' if allow_private else 'false'}",
        "",
        "[expect]",
        f"min_entries = {max(1, min(found.entries, 5)) if found.entries else 0}",
        *_column_lines(found.columns[0], ""),
        *([""] if others else []),
        *(["# Other columns that this page links to:"] if others else []),
        *(line for column in others for line in _column_lines(column, "# ")),
        "",
        "[list]",
        *([f"platform = {_quoted(found.family)}"] if found.family else ["# every list is recognised from the page"]),
    ]
    return "\n".join(lines) + "\n"


def _column_lines(column: tuple[str, str], mark: str) -> list[str]:
    return [
        "" if not mark else mark.rstrip(),
        f"{mark}[[columns]]",
        f"{mark}name = {_quoted(column[0])}",
        f"{mark}url = {_quoted(column[1])}",
    ]


def _judged(page: ListPage, candidates: tuple[str, ...], site: str | None, column: str | None) -> tuple[list[str], list[str]]:
    """The certain findings and the uncertain ones, as sentences."""
    sure: list[str] = []
    unsure: list[str] = []
    count, dated = len(page.entries), sum(e.date is not None for e in page.entries)
    (sure if page.platform else unsure).append(
        f"family: {page.platform}" if page.platform else "family: unknown; the page is read by its structure"
    )
    if count == 0 and page.next_page:
        unsure.append(f"the page itself contains no entries; its list is at {page.next_page}: use that as the column's url")
    else:
        (sure if count >= 3 else unsure).append(f"{count} entries")
    (sure if count and dated == count else unsure).append(f"{dated} of {count} entries show a date")
    cut = sum(not e.url.startswith("http") for e in page.entries)
    if cut:
        unsure.append(f"{cut} entries have no address")
    if page.next_page:
        sure.append(f"next page, as the page names it: {page.next_page}")
    elif candidates:
        unsure.append(f"next page, to be probed: {', '.join(candidates)}")
    else:
        unsure.append("no next page is named: either the list ends here or its pager is a script that cannot be read")
    unsure += [f"{what} not found on the page" for what, value in (("publisher", site), ("column name", column)) if not value]
    return sure, unsure


def _names(root: etree._Element) -> tuple[str | None, str | None]:
    """The site's name and the column's: from the meta tags that the guideline for government sites requires, else from the title."""
    tags = {(m.get("name") or "").lower(): collapse_whitespace(m.get("content") or "")[:80] for m in root.iter("meta")}
    title = root.find(".//title")
    parts = [p.strip() for p in _PARTS.split(own_text(title) if title is not None else "") if p.strip()]
    if len(parts) == 1 and len(parts[0].split()) == 2:
        parts = parts[0].split()  # 某市某局 通知公告
    names = [part for part in parts if not _COLUMN.match(part)] or parts
    site = tags.get("sitename") or (max(names, key=len) if len(parts) > 1 else None)
    column = tags.get("columnname") or next((p for p in parts if _COLUMN.match(p)), None)
    if not column and parts and parts[0] != site:
        column = parts[0]
    return site or None, column or None


def _other_columns(root: etree._Element, url: str, listed: set[str]) -> tuple[tuple[str, str], ...]:
    """Columns of the same site that the page links to and whose names are those of notice columns; at most 20."""
    base, host = base_url(root, url), urlsplit(url).hostname or ""
    found: dict[str, str] = {}
    for link in root.iter("a"):
        name = own_text(link)
        if not 2 <= len(name) <= 12 or not _COLUMN.match(name):
            continue
        target = link_target(link, base)
        if target and target != CUT and target not in listed and not url_date(target) and same_site(urlsplit(target).hostname or "", host):
            found.setdefault(target, name)
    return tuple((name, target) for target, name in list(found.items())[:20])


def _quoted(text: str) -> str:
    """The text as a TOML string; JSON's escapes are TOML's."""
    return json.dumps(re.sub(r"[\x00-\x1f\x7f\ud800-\udfff]", " ", text), ensure_ascii=False)


def _comment(text: str) -> str:
    return re.sub(r"[\x00-\x1f\x7f\ud800-\udfff\u2028\u2029\x85]", " ", text)[:500]
