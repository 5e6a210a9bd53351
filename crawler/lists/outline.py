"""A page as an outline: its elements in order, its links and its dates."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise

from lxml import etree

from crawler.lists.links import CUT, link_target, own_text
from crawler.lists.list_dates import ListDate, ListDateReader, date_alone
from notices.text.whitespace import collapse_whitespace

MAX_LINKS = 20_000
MAX_NODES = 400_000
_SKIPPED = frozenset(("script", "style", "head", "select", "textarea", "noscript", "iframe", "object", "svg", "button", "template"))
_BESIDE = frozenset(("nav", "footer", "header", "aside"))
_ROWS = frozenset(("li", "tr", "dl"))
"""Elements that are read although hidden: a scripted pager hides the rows of its other pages."""
_HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6", "dt", "caption"))
_YEAR_ALONE = re.compile(r"(?:19|20)\d\d\s*年?度?")
_DAYS = ("datetime", "data-time", "data-date", "data-datetime", "data-pubtime")
_LEAVES = frozenset(("time", "span", "em", "i", "small", "abbr"))
_NOTHING = ("", False, False)
_HIDDEN = re.compile(r"display\s*:\s*none", re.I)
# Class names that differ between the rows of one list: odd/even, first/last, the current one, numbers.
_FICKLE = re.compile(r"^(?:odd|even|first|last|on|off|cur|current|active|hover|bg|line|new|top|clearfix|clear|cf|fl|fr|\W*)$|\d")
# Class names and ids of parts beside the main one, in English and pinyin: yqlj 友情链接, xgxw 相关新闻, dqwz 当前位置, rmzx 热门资讯, phb 排行榜.
_ASIDE = re.compile(
    r"(?:^|[\s_-])(?:top)?(?:nav|navi|navbar|menu|foot|footer|bottom|header|head|banner|crumbs?|breadcrumbs?|bread|friend\w*|yqlj|links?|"
    r"copyright|sidebar|sidenav|leftnav|side|hot\w*|rank\w*|recommend\w*|tuijian|related|xgxw|xgwz|share|search|topbar|login|dqwz|"
    r"position|location|weizhi|tree|tags?|toolbar|slide\w*|swiper\w*|focus|rmzx|phb|rdpx|relation)(?=$|[\s_-])",
    re.I,
)
# Class names and ids of pagers: fenye 分页, fanye 翻页 (VSB), laypage (the layui library).
_PAGER = re.compile(
    r"(?:^|[\s_-])(?:page(?:[rs]|bar|box|num|nav|div|list|html|turn|code|con|no)?|paging|pagination|pagenav\w*|fenye|fanye\w*|fy|turnpage|"
    r"laypage)(?=$|[\s_-])",
    re.I,
)
_PAGER_WORDS = frozenset(("下一页", "下页", "尾页", "末页", "下一页>", "下一页 >", "最后一页"))


@dataclass(slots=True)
class Link:
    """A link of the page. `url` is absolute, or CUT where a mirror cut off the target."""

    node: int
    at: int
    element: etree._Element
    url: str
    text: str

    @property
    def cut(self) -> bool:
        """Whether the target was cut off."""
        return self.url == CUT


@dataclass(slots=True)
class Outline:
    """Parallel lists by node, nodes in document order; `last` is a node's last descendant, `shape` numbers its path of tags."""

    elements: list[etree._Element] = field(default_factory=list)
    parent: list[int] = field(default_factory=list)
    last: list[int] = field(default_factory=list)
    shape: list[int] = field(default_factory=list)
    style: list[int] = field(default_factory=list)
    aside: list[bool] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    dates: list[ListDate] = field(default_factory=list)
    words: list[tuple[int, str]] = field(default_factory=list)
    pager: int | None = None
    link_nodes: list[int] = field(default_factory=list)
    date_nodes: list[int] = field(default_factory=list)
    _years: list[tuple[int, int]] | None = None

    def links_in(self, node: int) -> list[Link]:
        """The links of a subtree, itself included."""
        return self.links[bisect_left(self.link_nodes, node) : bisect_left(self.link_nodes, self.last[node] + 1)]

    def count_links(self, node: int) -> int:
        """How many links a subtree contains."""
        return bisect_left(self.link_nodes, self.last[node] + 1) - bisect_left(self.link_nodes, node)

    def count_dates(self, node: int) -> int:
        """How many dates a subtree contains."""
        return bisect_left(self.date_nodes, self.last[node] + 1) - bisect_left(self.date_nodes, node)

    def above(self, node: int) -> Iterator[int]:
        """The node and its ancestors, innermost first; at most 60, real pages are not deeper."""
        for _ in range(60):
            if node < 0:
                return
            yield node
            node = self.parent[node]

    def year_above(self, node: int) -> tuple[int | None, bool]:
        """The year in a heading of its own above a node (2025年), and whether it is the only one; years without entries between them are a choice."""
        if self._years is None:
            self._years = [(at, int(text[:4])) for at, text in self.words if _YEAR_ALONE.fullmatch(text)]
        place = bisect_left(self._years, (node, 0))
        nodes = [at for at, _ in self._years[max(place - 2, 0) : place + 1]]
        if not place or any(self._no_date_between(one, two) for one, two in pairwise(nodes)):
            return None, True
        return self._years[place - 1][1], len(self._years) == 1

    def _no_date_between(self, one: int, two: int) -> bool:
        return bisect_left(self.date_nodes, one + 1) == bisect_left(self.date_nodes, two)

    def heading(self, node: int) -> str:
        """The last short text before a node."""
        at = bisect_left(self.words, (node, ""))
        return self.words[at - 1][1] if at else ""


def outline(root: etree._Element, base: str) -> Outline:
    """The outline of a parsed page; links are made absolute against `base`."""
    return _Walk(base).walk(root)


class _Walk:
    """One pass over a tree: the open elements, the open link and the count of text pieces so far."""

    def __init__(self, base: str) -> None:
        self.base = base
        self.out = Outline()
        self.dates = ListDateReader()
        self.open = [-1]
        self.link: Link | None = None
        self.shapes: dict[tuple[int | str, ...], int] = {}
        self.names: dict[tuple[str | None, str | None], tuple[str, bool, bool]] = {}
        self.at = 0

    def walk(self, root: etree._Element) -> Outline:
        walker = etree.iterwalk(root, events=("start", "end", "comment", "pi"))
        for event, element in walker:
            if event == "start":
                if not self._enter(element):
                    walker.skip_subtree()
            elif event == "end":
                self._leave(element)
            elif element.tail:
                self._text(element.tail)
        return self._done()

    def _enter(self, element: etree._Element) -> bool:
        """Note an element; False when its content must not be read."""
        out, tag, node = self.out, str(element.tag), len(self.out.elements)
        parent = self.open[-1]
        attributes = element.attrib
        steady, aside, pager = (
            self._said(attributes.get("class"), attributes.get("id")) if attributes and parent >= 0 and tag != "body" else _NOTHING
        )
        out.elements.append(element)
        out.parent.append(parent)
        out.last.append(node)
        out.shape.append(self._number((out.shape[parent] if parent >= 0 else -1, tag)))
        out.style.append(self._number((out.style[parent] if parent >= 0 else -1, tag, steady)))
        out.aside.append(aside or tag in _BESIDE or (parent >= 0 and out.aside[parent]))
        self.open.append(node)
        if tag == "script" and element.text and "createPage" in element.text[:20_000]:
            out.pager = node
        if (
            tag in _SKIPPED
            or node > MAX_NODES
            or (tag not in _ROWS and "style" in attributes and _HIDDEN.search(attributes["style"][:500]))
        ):
            return False
        if pager:
            out.pager = node
        if tag == "a" or "onclick" in attributes:
            self._open_link(element, node)
        if attributes and tag != "a" and (day := _day_of(element)):
            self.dates.read(day.isoformat(), node, self._next(), inside=self.link is not None)
            return tag not in _LEAVES
        if tag in _HEADINGS and "年" in (element.text or "") and _YEAR_ALONE.fullmatch((element.text or "").strip()):
            self.dates.flush()  # the year of the rows below, not of the month and day in the row above
        if element.text:
            self._text(element.text)
        return True

    def _next(self) -> int:
        self.at += 1
        return self.at

    def _said(self, classes: str | None, name: str | None) -> tuple[str, bool, bool]:
        """What class names and id mean: the names that do not change from row to row; whether they name a side part; whether a pager."""
        key = (classes, name)
        known = self.names.get(key)
        if known is None:
            names = f"{classes or ''} {name or ''}"[:200]
            known = (_steady(names), bool(_ASIDE.search(names)), bool(_PAGER.search(names))) if len(names) > 1 else _NOTHING
            if len(self.names) < MAX_NODES:
                self.names[key] = known
        return known

    def _open_link(self, element: etree._Element, node: int) -> None:
        if self.link is not None or len(self.out.links) >= MAX_LINKS:
            return
        url = link_target(element, self.base)
        if url is not None and (element.tag == "a" or url != CUT):
            self.dates.flush()
            self.at += 1
            self.link = Link(node, self.at, element, url, "")

    def _leave(self, element: etree._Element) -> None:
        node = self.open.pop()
        self.out.last[node] = len(self.out.elements) - 1
        if self.link is not None and self.link.node == node:
            self._close_link(self.link)
        if element.tail:
            self._text(element.tail)

    def _close_link(self, link: Link) -> None:
        self.dates.flush()
        link.text = own_text(link.element)
        self.link = None
        self.at += 1
        self.out.links.append(link)

    def _text(self, text: str) -> None:
        text = text.strip()
        if not text:
            return
        self.at += 1
        node = max(self.open[-1], 0)
        if text in _PAGER_WORDS:
            self.out.pager = node
        self.dates.read(text, node, self.at, inside=self.link is not None)
        if len(text) <= 20 and self.link is None:
            self.out.words.append((node, text))

    def _number(self, key: tuple[int | str, ...]) -> int:
        return self.shapes.setdefault(key, len(self.shapes))

    def _done(self) -> Outline:
        self.dates.flush()
        out = self.out
        out.dates = self.dates.found
        out.link_nodes = [link.node for link in out.links]
        out.date_nodes = [each.node for each in out.dates]
        out.words.sort()
        return out


def _day_of(element: etree._Element) -> date | None:
    """The day that an element gives in an attribute where its text reads 昨天 or 3天前, or where it has none."""
    given = next((value for name in _DAYS if (value := element.get(name))), None)
    if (
        given is None
        and element.tag in _LEAVES
        and (tip := element.get("title"))
        and not date_alone(collapse_whitespace(element.text or ""))
    ):
        given = tip
    return date_alone(given.strip()[:10]) if given and len(given) <= 40 else None


def _steady(names: str) -> str:
    """Class names without those that change from row to row."""
    return " ".join(n for n in names.split()[:12] if not _FICKLE.search(n)) if len(names) > 2 else ""
