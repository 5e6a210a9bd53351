"""What programs look for at a site: robots.txt, a sitemap, a description for search boxes, feeds."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from index.engine import Page
from operations.read.changes import newest_changes
from operations.read.coverage import notices_after
from pipeline.sql.outbox import notice_count
from web.json_answer import json_text
from web.pages import Reader, archive_of, rendered, validated
from web.views.query import FILTERS, asked

_IN_SITEMAP, _IN_FEED = 10_000, 50
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
    "/feed",
)


def base_of(request: Request) -> str:
    """The address under which readers know this site, without a slash at its end."""
    return archive_of(request).config.public_address or f"{request.url.scheme}://{request.headers.get('host', '')}"


def robots(request: Request) -> Response:
    """Notices and plain lists may be crawled; questions may not: their combinations have no end."""
    lines = [
        "User-agent: *",
        *(f"Disallow: {path}" for path in _REFUSED),
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


def feed(request: Request) -> Response:
    """The newest notices that match a query, or without one the newest changes, as Atom or JSON Feed."""
    question = asked(request, snippets=False)
    archive, base = archive_of(request), base_of(request)
    if question.is_empty:
        found = newest_changes(archive.database, _IN_FEED)
        items = [
            {"id": f"{base}/n/{c.notice}/r/{c.revision}#{c.seq}", "url": f"{base}/n/{c.notice}/r/{c.revision}", "title": c.title or c.url,
             "at": c.at, "kind": c.kind}
            for c in found
        ]  # fmt: skip
    else:
        result = archive.search(question.request._replace(page=Page(_IN_FEED, 0, "date"), facets=False, wants_next=False))
        items = [
            {"id": f"{base}/n/{hit.id}", "url": f"{base}/n/{hit.id}", "title": hit.title, "at": _noon(hit.published_date), "kind": hit.state}
            for hit, _snippet in result.hits if hit.exact
        ]  # fmt: skip
    reader = Reader(request)
    title = question.text or reader.text("What changed")
    if request.path_params["form"] == "json":
        value = {
            "version": "https://jsonfeed.org/version/1.1", "title": title, "home_page_url": f"{base}/", "feed_url": f"{base}{reader.link('/feed.json', question.pairs)}",
            "items": [{"id": i["id"], "url": i["url"], "title": i["title"], "content_text": f"{i['kind']}: {i['title']}", "date_published": i["at"]} for i in items],
        }  # fmt: skip
        return validated(request, Response(json_text(value), media_type="application/feed+json"))
    updated = max((each["at"] for each in items), default=datetime(1970, 1, 1, tzinfo=UTC))  # type: ignore[type-var]
    values = {"items": items, "title": title, "updated": updated, "itself": f"{base}{reader.link('/feed.atom', question.pairs)}"}
    return _xml(request, "feed.xml", values, "application/atom+xml")


def _noon(day: object) -> datetime:
    """A day as a moment of a feed; an undated notice counts as the oldest."""
    year, month, date_ = (getattr(day, name, 1) for name in ("year", "month", "day"))
    return datetime(year if day else 1970, month, date_, 4, tzinfo=UTC)


def _xml(request: Request, template: str, values: Mapping[str, object], media_type: str = "application/xml") -> Response:
    text = rendered(request, template, {**values, "base": base_of(request)})
    return validated(request, Response(text, media_type=media_type, headers={"Vary": "Accept-Language"}))
