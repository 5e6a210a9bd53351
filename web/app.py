"""The reading room as an ASGI application: its addresses, and the guards around every answer."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, nullcontext
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from anyio import move_on_after, to_thread
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Message, Scope

from notices.config import Config, load_config
from notices.errors import NoticesError
from web.access import Access
from web.api import replica
from web.api import routes as api
from web.archive import Archive
from web.headers import Guard
from web.kept import Kept
from web.packing import Packing
from web.pages import HERE
from web.problems import on_error
from web.views import ahead, cite, collection, discovery, export, maintain, memento, notice, revision, search

if TYPE_CHECKING:
    from mcp.server import MCPServer

LARGEST_CALL = 256 * 1024  # bytes of an agent's call
# Searches of each kind (facets, the columns of an order, a filter, a number), a notice, the files of sources: templates, SQL and columns are read by then.
_FIRST_PAGES = (
    f"/search?q={quote('通知')}", f"/search?q={quote('关于 通知')}&sort=date", f"/search?q={quote('公告')}&since=2020&kind={quote('公告')}",
    f"/search?q={quote('〔2020〕1号')}", "/n/1", "/n/2", "/sources", "/changes",
)  # fmt: skip
_WARMING = 20.0  # seconds that these may take; then readers are let in
# Threads of a process that make pages: with four, 95 of 100 searches took 276 ms where they take 117 with two (35 a second on two cores, 2026-11-27). A Whoosh
# index lets others wait beside it.
_THREADS = {"tantivy": 2}


def create_app(config: Config, *, warm: bool = False) -> Starlette:
    """The reading room of one archive. `warm`: it asks itself for some pages before readers may, so that these find files open and templates compiled."""
    archive = Archive(config)
    agents = _agents(archive)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        threads = to_thread.current_default_thread_limiter()
        threads.total_tokens = _THREADS.get(config.index.partition(":")[0], threads.total_tokens)
        with move_on_after(_WARMING):
            for address in _FIRST_PAGES if warm else ():
                await _asked_by_itself(app, address)
        async with agents.session_manager.run() if agents else nullcontext():
            yield
        archive.close()

    handlers = {kind: on_error for kind in (HTTPException, NoticesError, OSError, Exception)}
    around = [Middleware(Guard, names=names_of(config)), Middleware(Kept, archive=archive), Middleware(Packing)]
    app = Starlette(
        routes=[*routes(), *(door(agents) if agents else ())], middleware=around, exception_handlers=handlers, lifespan=lifespan
    )
    app.state.archive, app.state.access = archive, Access(config)
    return app


def _agents(archive: Archive) -> MCPServer | None:
    """The server of agents' tools, if its extra is installed."""
    try:
        from web.agents import make_server  # an installation without the extra serves pages all the same
    except ModuleNotFoundError:
        return None
    return make_server(archive)


def door(agents: MCPServer) -> Sequence[BaseRoute]:
    """The address of the tools. No session is kept, so any process may answer any call; the guard says who may ask."""
    from mcp.server.transport_security import TransportSecuritySettings  # see _agents

    guarded = TransportSecuritySettings(enable_dns_rebinding_protection=False)
    return agents.streamable_http_app(
        stateless_http=True, json_response=True, max_request_body_size=LARGEST_CALL, transport_security=guarded
    ).routes


def from_environment() -> Starlette:
    """The reading room of the archive that the environment names: what each process of a server makes."""
    return create_app(load_config(os.environ), warm=True)


async def _asked_by_itself(app: Starlette, address: str) -> None:
    """Make a page for nobody; whatever its answer is, readers get their own."""
    path, _mark, query = address.partition("?")
    scope: Scope = {
        "type": "http", "http_version": "1.1", "method": "GET", "scheme": "http", "path": path, "raw_path": path.encode(), "root_path": "",
        "query_string": query.encode(), "headers": [(b"host", b"localhost")], "client": None, "server": ("localhost", 80), "app": app,
    }  # fmt: skip

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(_message: Message) -> None:
        pass

    await app(scope, receive, send)


def routes() -> Sequence[BaseRoute]:
    """Every address."""
    return [
        Route("/", search.show),
        Route("/search", search.show),
        Route("/export", export.download),
        Route("/complete", search.complete),
        Route("/n/{notice:int}", notice.show),
        Route("/n/{notice:int}/r/{n:int}", notice.show),
        Route("/n/{notice:int}/r/{n:int}/cite/{form}", cite.cite),
        Route("/n/{notice:int}/r/{n:int}/proof", cite.proof),
        Route("/n/{notice:int}/r/{n:int}/original", revision.original),
        Route("/n/{notice:int}/r/{n:int}/a/{position:int}", revision.attachment),
        Route("/n/{notice:int}/deadlines.ics", notice.calendar_file),
        Route("/n/{notice:int}/pages.wacz", export.pages_of),
        Route("/n/{notice:int}/diff", revision.diff),
        Route("/doc/{code}/{year:int}/{no}", notice.by_number),
        Route("/sources", collection.sources),
        Route("/archive/{source}", collection.source),
        Route("/archive/{source}/{month}", collection.month),
        Route("/changes", collection.changes),
        Route("/deadlines", ahead.show),
        Route("/deadlines.ics", ahead.calendar_file),
        Route("/told/{message}", collection.told),
        Route("/status", collection.status),
        Route("/checkpoint", replica.newest_note),
        Route("/robots.txt", discovery.robots),
        Route("/sitemap.xml", discovery.sitemap),
        Route("/sitemap-{part:int}.xml", discovery.sitemap_part),
        Route("/opensearch.xml", discovery.opensearch),
        Route("/feed.atom", discovery.atom_feed),
        Route("/feed.json", discovery.json_feed),
        Route("/feeds.opml", discovery.opml),
        Route("/timegate/{url:path}", memento.timegate),
        Route("/timemap/link/{url:path}", memento.timemap),
        Route(maintain.PREFIX, maintain.show),
        Route(f"{maintain.PREFIX}/watches", maintain.change_watch, methods=["POST"]),
        *api.routes(),
        Mount("/static", StaticFiles(directory=HERE / "static")),
    ]


def names_of(config: Config) -> list[str]:
    """The host names that this server answers for, beside those of the machine itself."""
    name = urlsplit(config.public_address).hostname
    return [name] if name else []
