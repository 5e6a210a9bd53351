"""The page of a notice, and the address of a document number."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from notices.hours import ZONE
from notices.reference.headings import heading_of
from notices.reference.numbers import parse_number
from notices.text.display import safe
from operations.read.as_of import view_as_of
from operations.read.history import history
from operations.read.notice_views import NoticeView, Relations, relations
from operations.read.original import has_page
from operations.read.revisions import RevisionLine, copy_lines, notices_numbered, revision_lines, revision_view
from pipeline.sql.database import archive_id
from pipeline.sql.withheld import one_view
from preservation.proofs.checkpoints import first_with
from watch.deadlines import calendar, deadlines
from web.pages import Reader, archive_of, page
from web.views.cite import gbt7714
from web.views.discovery import base_of
from web.views.graph import graph_of
from web.views.memento import memento_headers
from web.views.query import count_of, day_of

_MOST_EVENTS, _MOST_LINKS, _MOST_OUTLINE, _MOST_COPIES = 100, 100, 300, 50
MOST_SHOWN = 16_000  # characters of a text on one page: some 30 kB of the 60 that a page may have over the wire
_SENTENCE = ("。", "；", ";", "！", "？")
_LONGEST_HEADING, _LONGEST_WITH_COMMA = 60, 24  # characters
_DEEPEST = 3  # level of a heading in the outline
_DAY = re.compile(
    r"(?:\d{4}|[〇○Ｏ零一二三四五六七八九]{4})年(?:\d{1,2}|[一二三四五六七八九十]{1,2})月(?:\d{1,2}|[一二三四五六七八九十]{1,3})日"
)
_NAME = re.compile(r"(?!附件|附表|附：)[\w 　（）()、·]{4,40}")  # an issuer below a text has no sentence's marks
_ADDRESSED = re.compile(r"(?!.*(?:如下|下列|以下))[^。；;！？]{2,200}[：:]")
_FIRST = 3  # paragraphs among which the addressees are


@dataclass(frozen=True, slots=True)
class Line:
    """A paragraph of the text. `level` is that of a heading, 0 for any other; `cells` is set for a row of a table; `place` is "end" for
    the issuer and the day below a text, "start" for those it is addressed to (GB/T 9704-2012, 7.3.2 and 7.3.5)."""

    number: int
    text: str
    level: int
    cells: tuple[str, ...]
    place: str = ""


@dataclass(frozen=True, slots=True)
class Shown:
    """What the page of a notice needs."""

    view: NoticeView
    lines: Sequence[Line]
    revisions: Sequence[RevisionLine]
    relations: Relations

    @property
    def outline(self) -> list[Line]:
        """Its headings, without the deepest."""
        return [line for line in self.lines if 0 < line.level <= _DEEPEST][:_MOST_OUTLINE]

    @property
    def is_newest(self) -> bool:
        """Whether no later revision exists."""
        return self.view.revision == self.revisions[0].n


def show(request: Request) -> Response:
    """The newest revision of a notice, or the one that the address names."""
    with one_view(archive_of(request).database):
        return _page(request)


def _page(request: Request) -> Response:
    ident, n = request.path_params["notice"], request.path_params.get("n")
    database = archive_of(request).database
    day = day_of(request)
    view = view_as_of(database, ident, day) if day and n is None else revision_view(database, ident, n)
    (related,) = relations(database, [ident])
    parts = parts_of([view.text])
    part = count_of("part", request.query_params.get("part", ""), len(parts), 1)
    ((_page_number, text),) = parts[part - 1]
    shown = Shown(view, list(lines_of(text)), revision_lines(database, ident), related)
    events = history(database, ident)
    values = {
        "shown": shown, "n": view, "events": events[-_MOST_EVENTS:], "more_events": max(len(events) - _MOST_EVENTS, 0),
        "part": part, "parts": len(parts), "most_links": _MOST_LINKS, "reference": gbt7714(view, base_of(request), datetime.now(UTC).astimezone(ZONE).date()),
        "as_of": day if n is None else None, "graph": graph_of(related), "copies": copy_lines(database, view.copies[:_MOST_COPIES]),
        "has_page": has_page(database, ident), "signed": first_with(database, ident, view.revision) if view.snapshot else None,
        "anatomy": view.anatomy if isinstance(view.anatomy, dict) else {},
    }  # fmt: skip
    answer = page(request, "notice.html", values)
    if n is not None:
        at = view.snapshot.fetched_at if view.snapshot else next(each.created_at for each in shown.revisions if each.n == n)
        answer.headers.update(memento_headers(base_of(request), view.url, at))
    if day or (n is not None and not shown.is_newest):
        answer.headers["X-Robots-Tag"] = "noindex"
    return answer


def lines_of(text: str) -> Iterator[Line]:
    """The paragraphs of a text that are not empty."""
    plain = [(number, line, stripped) for number, line in enumerate(text.split("\n")) if (stripped := line.strip(" \t\u3000\xa0"))]
    signed = {at for at, (_n, _line, each) in enumerate(plain) if _DAY.fullmatch(each)}
    signed |= {at - 1 for at in signed if at and _NAME.fullmatch(plain[at - 1][2])}
    for at, (number, line, each) in enumerate(plain):
        heading = heading_of(each)
        cells = tuple(line.split("\t")) if "\t" in each else ()
        level = heading.level if heading and not _is_sentence(each) else 0
        place = "end" if at in signed else "start" if at < _FIRST and not level and _ADDRESSED.fullmatch(each) else ""
        yield Line(number, each, level, cells, place)


def parts_of(pages: Sequence[str]) -> list[list[tuple[int, str]]]:
    """The pages of a text, each with its number (from 1), in parts that are short enough to be shown at once; a long page is cut between two lines."""
    made: list[list[tuple[int, str]]] = [[]]
    left = MOST_SHOWN
    for number, text in enumerate(pages, 1):
        rest = text
        while len(rest) > left:
            end = rest.rfind("\n", 0, left) + 1 or (left if left == MOST_SHOWN else 0)
            if end:
                made[-1].append((number, rest[:end]))
            made.append([])
            rest, left = rest[end:], MOST_SHOWN
        made[-1].append((number, rest))
        left -= len(rest)
    return made


def _is_sentence(text: str) -> bool:
    """Whether a numbered line says something, and does not only name what follows: 1.各单位应于3月1日前报送材料；"""
    return len(text) > _LONGEST_HEADING or any(mark in text for mark in _SENTENCE) or (len(text) > _LONGEST_WITH_COMMA and "，" in text)


def by_number(request: Request) -> Response:
    """The notice with a document number; of several, all of them to choose from."""
    code, year, no = request.path_params["code"], request.path_params["year"], request.path_params["no"]
    wanted = f"{code}〔{year}〕{no}号"
    number = parse_number(wanted)
    ids = notices_numbered(archive_of(request).database, number.key) if number else []
    reader = Reader(request)
    if not ids:
        raise HTTPException(404, reader.text("The archive contains no notice with the number {number}.", number=safe(wanted)[:100]))
    if len(ids) == 1:
        return RedirectResponse(reader.link(f"/n/{ids[0]}"), 302)
    views = [revision_view(archive_of(request).database, ident) for ident in ids[:_MOST_LINKS]]
    return page(request, "candidates.html", {"wanted": number.display if number else wanted, "views": views})


def calendar_file(request: Request) -> Response:
    """The deadlines that a notice states, for calendars (RFC 5545)."""
    database, ident = archive_of(request).database, request.path_params["notice"]
    view = revision_view(database, ident)
    found = deadlines(database, notices=[view.id])
    if not found:
        raise HTTPException(404, Reader(request).text("The notice states no deadline."))
    headers = {"Content-Disposition": f'attachment; filename="notice-{ident}.ics"', "X-Robots-Tag": "noindex"}
    return Response(calendar(found, archive_id(database), datetime.now(UTC)), media_type="text/calendar", headers=headers)
