"""Which of the repeated structures of a page is its list of notices."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from crawler.lists.outline import Link, Outline
from crawler.lists.pairing import Pairing, Record, day_in_title
from notices.urls import same_site

# Headings of link lists beside the notices: hot topics, rankings, related items, friendly links.
_BESIDE = re.compile(
    r"热点|排行|(?:相关|推荐)(?:链接|新闻|信息|文章|阅读|推荐|公文|稿件|图片|视频|内容)|推荐$|点击率|友情链接|热门|热搜|最近浏览|猜你|关键词|(?:常用|快速)(?:链接|导航)|直通车"
)
# Addresses of single pages: a number of four digits, a hash, /content (UCAP), /art (jpage), /info (VSB), /t2024… (TRS).
_DETAIL = re.compile(r"\d{4,}|[0-9a-f]{16,}|/content|/art/|/info/|/t\d|detail|article|[?&]id=|\.pdf$|mp\.weixin", re.I)
# Addresses of column pages.
_INDEX = re.compile(r"(?:^|/)(?:index|default|list|main|home)\w{0,8}\.\w{3,5}$|/$", re.I)

# A folder for each page, named by its id: /2026031009183942000/index.shtml, which begins with the time of upload.
_FOLDER_OF_PAGE = re.compile(r"/(?:\d{8,}|[0-9a-f]{16,})/(?:index\.\w{3,5})?$", re.I)


@dataclass(slots=True)
class Group:
    """Entries of one structure."""

    records: list[Record]
    score: float = 0.0


def choose(page: Outline, pairing: Pairing, url: str) -> list[Record]:
    """The entries of the page's list; empty when nothing on it looks like one."""
    dated = pairing.records()
    groups = [Group(records) for records in _alike(page, dated)]
    taken = {id(record.link) for record in dated}
    bare = [Record(link.node, link, day_in_title(link.text, link.url)[0]) for link in pairing.eligible(page.links) if id(link) not in taken]
    plain = [Group(records) for records in _alike(page, bare) if _listlike(page, records, url)]
    for group in groups + plain:
        group.score = _score(page, group, url)
    _favour_paged(page, groups + plain)
    best = max(groups + plain, key=lambda group: group.score, default=None)
    if best is None or best.score <= 0:
        return []
    if any(r.dated for r in best.records):
        return _completed(page, pairing, best.records)
    return best.records


def _alike(page: Outline, records: list[Record]) -> Iterable[list[Record]]:
    """Records by structure: the same path of tags, and one part of the page or, where names tell parts apart, the same names."""
    inside = Counter(page.parent[record.node] for record in records)
    first: dict[object, int] = {}
    group_of: list[int] = []
    for n, record in enumerate(records):
        above = page.parent[record.node]
        higher = page.parent[above] if above >= 0 else -1
        shape = page.shape[record.node]
        keys = [(shape, "part", higher)]
        if page.pager is None or inside[above] == 1 or _named(page, above) or _named(page, higher):
            keys.append((shape, "style", page.style[above] if above >= 0 else -1))
        group = min((group_of[first[key]] for key in keys if key in first), default=n)
        group_of.append(group)
        for key in keys:
            first.setdefault(key, n)
    grouped: dict[int, list[Record]] = defaultdict(list)
    for record, group in zip(records, group_of, strict=True):
        grouped[group].append(record)
    return grouped.values()


def _named(page: Outline, node: int) -> bool:
    """Whether an element has a class or an id."""
    return node >= 0 and bool(page.elements[node].get("class") or page.elements[node].get("id"))


def _listlike(page: Outline, records: list[Record], url: str) -> bool:
    """Whether links without dates can be a list: several, with titles, leading to pages of this site rather than to columns."""
    if len(records) < 3:
        return False
    if sum(r.dated for r in records) >= len(records) * 0.6:
        return True  # each title ends or begins with a date
    lengths = sorted(len(r.link.text or r.link.element.get("title") or "") for r in records)
    cut = sum(r.link.cut for r in records)
    paged = _part_with_pager(page, records) >= 0
    if lengths[len(lengths) // 2] < (5 if paged else 14 if cut * 2 > len(records) else 8):
        return False
    to_pages = sum(_is_page(r.link, url) for r in records)
    return to_pages >= len(records) * 0.6


def _is_page(link: Link, url: str) -> bool:
    if link.cut:
        return True
    parts = urlsplit(link.url)
    if not same_site(parts.hostname or "", urlsplit(url).hostname or ""):
        return "mp.weixin" in link.url
    target = parts.path + "?" + parts.query
    return bool(_DETAIL.search(target)) and (not _INDEX.search(parts.path) or bool(_FOLDER_OF_PAGE.search(parts.path)))


def _score(page: Outline, group: Group, url: str) -> float:
    """How likely a group is the list: entries, long titles and dates raise it, a place beside the main part lowers it."""
    records = group.records
    titles = sum(min(len(r.link.text or r.link.element.get("title") or ""), 40) for r in records)
    if len(records) <= 2 and not all(_is_page(r.link, url) or _may_be_notice(page, r) for r in records):
        return 0.0
    score = 4.0 * len(records) + titles * 0.5
    if any(r.dated for r in records):
        score *= 3
    beside = sum(page.aside[r.node] for r in records)
    if beside * 2 > len(records):
        score *= 0.25
    if _BESIDE.search(page.heading(records[0].node)):
        score *= 0.4
    cut = sum(r.link.cut for r in records)
    away = sum(not _same(r.link, url) for r in records)
    if away > len(records) * 0.5 and not any(r.dated for r in records):
        score *= 0.1
    return score if cut < len(records) or any(r.dated for r in records) else score * 0.3


def _may_be_notice(page: Outline, record: Record) -> bool:
    """Whether a single entry is more than a link of the breadcrumb path above an article."""
    link = record.link
    return len(link.text) > 5 and (link.cut or (not page.aside[record.node] and not _INDEX.search(urlsplit(link.url).path)))


def _same(link: Link, url: str) -> bool:
    return link.cut or same_site(urlsplit(link.url).hostname or "", urlsplit(url).hostname or "")


def _part_with_pager(page: Outline, records: list[Record]) -> int:
    """The smallest part of the page with a group's last entry and, after it, the pager; -1 when that is the whole page."""
    node, pager = records[-1].node, page.pager
    if pager is None or pager < node:
        return -1
    for above in page.above(node):
        if above < pager <= page.last[above]:
            return -1 if page.elements[above].tag in ("body", "html") else above
    return -1


def _favour_paged(page: Outline, groups: list[Group]) -> None:
    """Raise the group that the pager belongs to: the nearest one."""
    near = [(_part_with_pager(page, group.records), group.score, n) for n, group in enumerate(groups) if group.score > 0]
    part, _, n = max(near, default=(-1, 0.0, 0))
    if part >= 0:
        groups[n].score *= 4


def _completed(page: Outline, pairing: Pairing, records: list[Record]) -> list[Record]:
    """The records and those of their neighbours that lack only a date."""
    taken = {id(record.link) for record in records}
    rows = {record.node for record in records}
    shapes = {(page.shape[record.node], page.parent[record.node]) for record in records}
    if len(rows) < 2:
        return records
    extra = []
    for link in pairing.eligible(page.links):
        if id(link) in taken:
            continue
        row = next((n for n in page.above(link.node) if (page.shape[n], page.parent[n]) in shapes), None)
        if row is not None and row not in rows and page.count_dates(row) == 0 and len(pairing.eligible(page.links_in(row))) == 1:
            extra.append(Record(row, link, None))
    lengths = sorted(len(r.link.text) for r in records)
    usable = [r for r in extra if len(r.link.text) * 4 >= lengths[0] and _alike_target(r.link, records)]
    return sorted([*records, *usable], key=lambda record: record.link.at)


def _alike_target(link: Link, records: list[Record]) -> bool:
    """Whether a link's address has the same form as those of the records."""
    return any(link.cut == r.link.cut and _form(link.url) == _form(r.link.url) for r in records)


def _form(url: str) -> str:
    parts = urlsplit(url)
    return re.sub(r"[0-9a-f]{8,}|\d+", "#", parts.path.rpartition("/")[2])[:40] + re.sub(r"=[^&]*", "=", parts.query)[:80]
