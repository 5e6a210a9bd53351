"""Pairs the links and the dates of an outline into the entries that a reader sees."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from itertools import islice

from lxml import etree

from crawler.lists.closing import closing_day, is_closing
from crawler.lists.links import own_text, row_title, title_of
from crawler.lists.list_dates import ListDate, date_alone, year_of_address
from crawler.lists.outline import Link, Outline
from notices.text.dates import find_dates
from notices.text.whitespace import collapse_whitespace

MAX_LINKS_OF_ENTRY = 8
MAX_DATES_OF_ENTRY = 12
MAX_CELLS = 40
_CELLS = ("td", "th")
# Link texts that are never a title: calls to click, pager words, page numbers.
_NO_TITLE = re.compile(
    r"^[\[【<(（]?\s*(?:更多|more|详情|详细|查看\S{0,4}|阅读\S{0,4}|点击\S{0,4}|全文|下载\S{0,2}|首页|上一?页|下一?页|尾页|末页|last|next|prev|"
    r"返回\S{0,4}|网站地图|收起|展开|登录|注册|pdf|word|[\d\s<>«»›‹|.…-]{1,8})\s*[>»]*\s*[\]】>)）]?$",
    re.I,
)
# Links of tables whose title is a text of its own: gkml tables with a 查看 column.
_CALL = re.compile(r"^[\[【<(（]?\s*(?:详情|详细|查看|阅读|点击|全文)")
# Labels of the day of publication, and of other days, when an entry shows several.
_WANTED = re.compile(r"发布|公布|发文|印发|上传|Date")
_UNWANTED = re.compile(r"成文|生成|更新|修改")
# Days that are not of publication, whatever else an entry lacks: 截止日期 2026-10-28 is the deadline.
_OF_SOMETHING_ELSE = re.compile(r"截止|截至|实施|施行|生效|失效|有效|开标|报名|到期|结束")
_DATE_ENDS = frozenset("0123456789日]）)】")
_DAY = r"(?:19|20)\d\d[-/.年]\d{1,2}[-/.月]\d{1,2}日?"
_NUMERIC_DAY = r"(?:19|20)\d\d[-/.]\d{1,2}[-/.]\d{1,2}"
_BRACKETED = rf"[\[【(（]\s*({_DAY}|\d{{1,2}}[-/.]\d{{1,2}})\s*[\]】)）]"
_LED = re.compile(rf"^(?:{_BRACKETED}|({_NUMERIC_DAY})(?=[\s:：]))\s*[:：]?\s*(?=\S)")
# The last form is glued to the title, …的通知2026-09-26, unless the words before it make it a part of the title: 截至2026-09-26.
_ENDED = re.compile(
    rf"(?<=\S)(?:\s*{_BRACKETED}|(?:\s{{1,9}}|(?<=[\u4e00-\u9fff）》】”])(?<![至自从到于为在日月年期前后]))({_NUMERIC_DAY}))(?:\s+\d\d:\d\d(?::\d\d)?)?\s*$"
)


@dataclass(slots=True)
class Record:
    """An entry: its link, the date next to it if there is one, and the node that contains both."""

    node: int
    link: Link
    day: date | None
    title: str = ""
    row: etree._Element | None = None
    deadline: date | None = None

    @property
    def dated(self) -> bool:
        """Whether there is a date next to the link."""
        return self.day is not None


def is_title(text: str) -> bool:
    """Whether a link's text can be a title, and is not a page number or a 查看."""
    return len(text) > 1 and not _NO_TITLE.match(text[:40]) and not (text[-1:] in _DATE_ENDS and date_alone(text))


class Pairing:
    """The links of a page that can be titles, and the dates that belong to them."""

    def __init__(self, page: Outline) -> None:
        self.page = page
        self.uses = Counter(link.url for link in page.links if not link.cut)
        self.columns = Columns()
        self.titled = {id(link): bool(link.text or link.element.get("title")) and is_title(link.text or "title") for link in page.links}

    def eligible(self, links: Iterable[Link]) -> list[Link]:
        """The links that can be titles."""
        return [link for link in links if self.titled[id(link)]]

    def best(self, links: list[Link]) -> Link:
        """The link that is the title: a target that occurs four times is a category; of the others the longest."""
        return max(links, key=lambda link: (link.cut or self.uses[link.url] < 4, len(link.text or link.element.get("title") or "")))

    def records(self) -> list[Record]:
        """Every entry with a date, in page order."""
        homes: dict[int, list[ListDate]] = defaultdict(list)
        for list_date in self.page.dates:
            home = self._home(list_date)
            if home is not None:
                homes[home].append(list_date)
        found = [record for home, dates in homes.items() for record in self._at(home, dates)]
        return sorted(_once(found), key=lambda record: record.link.at)

    def _home(self, list_date: ListDate) -> int | None:
        """The smallest part of the page around a date with a link that can be a title, or else with one that reads 查看."""
        page, called, alone = self.page, None, 0
        for node in page.above(list_date.node):
            count = page.count_links(node)
            if count > 400 or (called is not None and page.count_dates(node) > alone):
                return called
            if count and self.eligible(page.links_in(node)):
                return self._wider(node)
            if count and called is None and self._called(node):
                called, alone = node, page.count_dates(node)
        return called

    def _called(self, node: int) -> bool:
        """Whether the only links of a part read 查看 or the like, next to a text without a link."""
        links = self.page.links_in(node)
        calls = len(links) <= MAX_LINKS_OF_ENTRY and any(_CALL.match(link.text) for link in links)
        return calls and len(row_title(self.page.elements[node])) >= 6

    def _wider(self, node: int) -> int:
        """The enclosing part, where the link found is only a category and the title is outside it, without another date."""
        page = self.page
        above = page.parent[node]
        links = self.eligible(page.links_in(node))
        if above < 0 or len(links) != 1 or len(links[0].text) > 8:
            return node
        if page.count_links(above) > MAX_LINKS_OF_ENTRY or page.count_dates(above) > page.count_dates(node):
            return node
        return above if any(len(link.text) > 8 for link in page.links_in(above)) else node

    def _at(self, home: int, dates: list[ListDate]) -> list[Record]:
        links = self.eligible(self.page.links_in(home)) or [k for k in self.page.links_in(home) if _CALL.match(k.text)][:1]
        if len(links) == 1 or (len(dates) == 1 and len(links) <= MAX_LINKS_OF_ENTRY):
            if self.page.count_dates(home) > len(dates):
                return self._near(home, links, dates)
            link = self.best(links)
            return [self._record(home, link, dates)]
        if len({id(link.element) for link in links}) <= MAX_LINKS_OF_ENTRY and len({link.url for link in links if not link.cut}) == 1:
            link = self.best(links)
            return [self._record(home, link, dates)]
        return self._near(home, links, dates) if len(dates) > 1 else []

    def _record(self, home: int, link: Link, dates: list[ListDate]) -> Record:
        """The entry that a part of the page is, with its day of publication and its last day, which is no day of publication."""
        row = self.page.elements[home]
        for list_date in dates[:MAX_DATES_OF_ENTRY]:
            list_date.label = list_date.label or self.columns.label(self.page.elements[list_date.node])
        last = _deadline(row, dates)
        published = [each for each in dates if last is None or each.day != last]
        return Record(home, link, self._day(published, link), row=row, deadline=last)

    def _near(self, home: int, links: list[Link], dates: list[ListDate]) -> list[Record]:
        """Pair links and dates that are siblings of one part, in reading order: each date with the link before it, or after it."""
        marks = sorted([(link.at, 0, link) for link in links] + [(s.at, 1, s) for s in dates], key=lambda m: m[:2])
        kinds = [kind for _, kind, _ in marks]
        if len(links) == len(dates) > 2 and kinds == sorted(kinds):
            return [Record(home, link, self._day([s], link)) for link, s in zip(links, dates, strict=True)]
        after = kinds[0] == 1 and kinds[-1] == 0
        if after:
            return self._dates_first(home, [mark for _, _, mark in marks])
        found: list[tuple[Link, list[ListDate]]] = []
        for _, _, mark in marks:
            if isinstance(mark, Link):
                found.append((mark, []))
            elif found:
                found[-1][1].append(mark)
        # Of several the surest, and of those the first: what follows may belong to an abstract, or to the page below the list.
        surest = ((link, max(shown, key=lambda s: (_rank(s.label), s.sure, -s.at))) for link, shown in found if shown)
        made = [Record(home, link, self._day([list_date], link)) for link, list_date in surest]
        if len(links) == len(made) == 1:
            made[0].deadline = _deadline(self.page.elements[home], dates)
        return made

    def _dates_first(self, home: int, marks: Iterable[Link | ListDate]) -> list[Record]:
        """Pair each date with the first link after it."""
        found, waiting = [], None
        for mark in marks:
            if not isinstance(mark, Link):
                waiting = mark
            elif waiting is not None:
                found.append(Record(home, mark, self._day([waiting], mark)))
                waiting = None
        return found

    def _day(self, dates: list[ListDate], link: Link) -> date | None:
        """The day of publication among an entry's dates: by label, else the surest, else the last."""
        dates = dates[:MAX_DATES_OF_ENTRY]
        for list_date in dates:
            list_date.label = list_date.label or self.columns.label(self.page.elements[list_date.node])
        dates = [each for each in dates if not _OF_SOMETHING_ELSE.search(each.label)]
        if not dates:
            return None
        list_date = max(dates, key=lambda s: (_rank(s.label), s.sure, s.at))
        if list_date.day:
            return list_date.day
        if list_date.month_day is None:
            return None
        above, alone = self.page.year_above(list_date.node)
        in_address = year_of_address(link.url, list_date.month_day)
        return _dated(in_address or above if alone else above or in_address, list_date.month_day)


def _deadline(row: etree._Element, dates: list[ListDate]) -> date | None:
    """The last day that an entry shows, by the label of a date or in the text of its row."""
    labelled = next((each.day for each in dates if each.day and is_closing(each.label)), None)
    return labelled or closing_day(collapse_whitespace(" ".join(islice(row.itertext(), 60))))


def _once(records: list[Record]) -> Iterable[Record]:
    """Each link once: a record with a full date beats one without, else the wider one."""
    by_link: dict[int, Record] = {}
    for record in records:
        other = by_link.get(id(record.link))
        if other is None or (record.dated, -record.node) > (other.dated, -other.node):
            by_link[id(record.link)] = record
    return by_link.values()


def with_title(record: Record) -> Record:
    """The record with its title; a date inside the link's text becomes the record's date."""
    title = title_of(record.link.element, record.link.text)
    if _CALL.match(title) and len(title) < 8 and record.row is not None:
        title = row_title(record.row) or title
    day, bare = day_in_title(title, record.link.url)
    if bare and (record.day is None or day == record.day):
        title, record.day = bare, day
    record.title = title
    return record


def day_in_title(title: str, url: str) -> tuple[date | None, str | None]:
    """The date before or after a title in the same text, and the title without it; None and None without a date."""
    found = _LED.search(title[:40]) or _ENDED.search(title[-40:])
    if not found:
        return None, None
    shown = found[1] or found[2]
    bare = title[found.end() :] if found.start() == 0 and found.re is _LED else title[: len(title) - len(found[0])].rstrip()
    full = find_dates(shown)
    if full:
        return full[0][2], bare
    month, day = (int(n) for n in re.findall(r"\d+", shown)[:2])
    return _dated(year_of_address(url, (month, day)), (month, day)), bare


def _dated(year: int | None, month_day: tuple[int, int]) -> date | None:
    try:
        return date(year, *month_day) if year else None
    except ValueError:
        return None


def _rank(label: str) -> int:
    if _OF_SOMETHING_ELSE.search(label):
        return -1
    if _UNWANTED.search(label):
        return 0
    return 2 if _WANTED.search(label) else 1


@dataclass(slots=True)
class Columns:
    """The column headings of a page's tables, each read once."""

    heads: dict[etree._Element, list[str]] = field(default_factory=dict)

    def label(self, element: etree._Element) -> str:
        """The heading of an element's table column; empty outside a table with a head."""
        cell = next((e for e in _upward(element) if e.tag in _CELLS), None)
        row = cell.getparent() if cell is not None else None
        table = next((e for e in _upward(row) if e.tag == "table"), None)
        if cell is None or row is None or table is None or row.tag != "tr":
            return ""
        if table not in self.heads:
            first = table.find(".//tr")
            self.heads[table] = [own_text(c) for c in first[:MAX_CELLS]] if first is not None else []
        head = self.heads[table]
        place = next((n for n, c in enumerate(row[:MAX_CELLS]) if c is cell), MAX_CELLS)
        return head[place] if place < len(head) else ""


def _upward(element: etree._Element | None) -> list[etree._Element]:
    found: list[etree._Element] = []
    while element is not None and len(found) < 12:
        found.append(element)
        element = element.getparent()
    return found
