"""What programs look for at a site: robots.txt, a sitemap, a description for search boxes, feeds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from index.engine import Page
from operations.read.changes import newest_changes
from operations.read.coverage import notices_after, source_names
from operations.read.export import refuse_past
from pipeline.sql.outbox import notice_count
from web.json_answer import json_text
from web.pages import Reader, archive_of, rendered, validated
from web.views.query import FILTERS, asked

_IN_SITEMAP, _IN_FEED = 2_500, 50
_REFUSED = (
    "/search?*",
    "/export",
    "/complete",
    "/api/",
    "/mcp",
    "/*/diff",
    "/*as_of=",
    "/*lang=",
    "/n/*/r/*/a/",
    "/n/*/r/*/original",
    "/n/*/r/*/cite/",
    "/n/*/r/*/proof",
    "/n/*/deadlines.ics",
    "/n/*/pages.wacz",
    "/feed",
    "/told/",
    "/maintain",
)


def base_of(request: Request) -> str:
    """The address under which readers know this site, without a slash at its end."""
    return archive_of(request).config.public_address or f"{request.url.scheme}://{request.headers.get('host', '')}"


def robots(request: Request) -> Response:
    """Notices and plain lists may be crawled; questions may not: their combinations have no end."""
    lines = [
        "User-agent: *",
        *(f"Disallow: {path}" for path in _REFUSED),
        "Allow: /n/*/r/*/cite/jsonld",  # what a page says of itself to crawlers
        *(
            f"Allow: {path}?after=" for path in ("/sources", "/archive/*")
        ),  # lists in pages; the longer of two rules counts (RFC 9309, 2.2.2)
        *(f"Disallow: /*?*{name}=" for name in (*FILTERS, "sort", "after")),
    ]
    return PlainTextResponse("\n".join([*lines, "Crawl-delay: 1", f"Sitemap: {base_of(request)}/sitemap.xml", ""]))


def sitemap(request: Request) -> Response:
    """The maps of all notices, each with the most that one may have."""
    pages = -(-notice_count(archive_of(request).database) // _IN_SITEMAP)
    return _xml(request, "sitemap.xml", {"pages": range(pages), "lines": None})


def sitemap_part(request: Request) -> Response:
    """One map: the notices after so many ids."""
    part = request.path_params["part"]
    database = archive_of(request).database
    after = part * _IN_SITEMAP
    lines = notices_after(database, after, _IN_SITEMAP) if after < 1 << 60 else []
    inside = [line for line in lines if line.id <= after + _IN_SITEMAP]
    if not inside:
        raise HTTPException(404)
    return _xml(request, "sitemap.xml", {"pages": None, "lines": inside})


def opensearch(request: Request) -> Response:
    """How a browser searches here."""
    return _xml(request, "opensearch.xml", {}, "application/opensearchdescription+xml")


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of a feed."""

    id: str
    url: str
    title: str
    at: datetime
    kind: str


def atom_feed(request: Request) -> Response:
    """The newest notices that match a query, or without one the newest changes, as Atom."""
    found, reader, base = _feed(request), Reader(request), base_of(request)
    updated = max((each.at for each in found.entries), default=datetime(1970, 1, 1, tzinfo=UTC))
    itself = f"{base}{reader.link('/feed.atom', found.pairs)}"
    values = {"items": found.entries, "title": found.title, "updated": updated, "itself": itself}
    return _xml(request, "feed.xml", values, "application/atom+xml")


def json_feed(request: Request) -> Response:
    """The same as JSON Feed."""
    found, reader, base = _feed(request), Reader(request), base_of(request)
    items = [
        {
            "id": e.id,
            "url": e.url,
            "title": e.title,
            "content_text": f"{reader.text(e.kind)}: {e.title}",
            "date_published": e.at.isoformat(),
        }
        for e in found.entries
    ]
    value = {
        "version": "https://jsonfeed.org/version/1.1", "title": found.title, "home_page_url": f"{base}/",
        "feed_url": f"{base}{reader.link('/feed.json', found.pairs)}", "items": items,
    }  # fmt: skip
    return validated(request, Response(json_text(value), media_type="application/feed+json", headers={"Vary": "Accept-Language"}))


def opml(request: Request) -> Response:
    """The feeds of all changes and of each source, as feed readers take them in together (OPML 2.0)."""
    return _xml(request, "feeds.opml", {"sources": source_names(archive_of(request).database)}, "text/x-opml")


@dataclass(frozen=True, slots=True)
class _Feed:
    title: str
    entries: list[Entry]
    pairs: tuple[tuple[str, str], ...]


def _feed(request: Request) -> _Feed:
    question = asked(request, snippets=False)
    archive, base = archive_of(request), base_of(request)
    if question.is_empty:
        found = newest_changes(archive.database, _IN_FEED)
        entries, reader = [], Reader(request)
        for c in found:
            address = f"{base}/n/{c.notice}/r/{c.revision}"
            entries.append(Entry(f"{address}#{c.seq}", address, c.title or c.url or reader.text("(taken down)"), c.at, c.kind))
    else:
        refuse_past(question.request)
        result = archive.search(question.request._replace(page=Page(_IN_FEED, 0, "date"), facets=False, wants_next=False, after=None))
        hits = [hit for hit, _snippet in result.hits if hit.exact]
        entries = [Entry(f"{base}/n/{h.id}", f"{base}/n/{h.id}", h.title, _noon(h.published_date), h.state) for h in hits]
    return _Feed(question.text or Reader(request).text("What changed"), entries, question.pairs)


def _noon(day: date | None) -> datetime:
    """A day as a moment of a feed, noon in China; an undated notice counts as the oldest."""
    day = day or date(1970, 1, 1)
    return datetime(day.year, day.month, day.day, 4, tzinfo=UTC)


def _xml(request: Request, template: str, values: Mapping[str, object], media_type: str = "application/xml") -> Response:
    text = rendered(request, template, {**values, "base": base_of(request)})
    return validated(request, Response(text, media_type=media_type, headers={"Vary": "Accept-Language"}))
