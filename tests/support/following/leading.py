"""An archive that others follow, served on loopback in this process; a test may change what it answers on the way."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sqlite3
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from notices.config import load_config
from tests.support.archive_home import Home
from tests.support.quick_home import QuickHome
from web.app import create_app

Answer = tuple[int, dict[str, str], bytes]
PLAIN = {"content-type": "application/json"}


@dataclass
class Room:
    """The reading room of an archive. `change` gets path with query and the answer, and gives the one that is sent."""

    home: Home
    base: str = ""
    change: Callable[[str, Answer], Answer] | None = None
    asked: Counter[str] = field(default_factory=Counter)
    cut: int = 0  # answers are longer than their heads say by so many bytes: they break off


class _Between:
    """Passes each answer through the room's change."""

    def __init__(self, app: ASGIApp, room: Room) -> None:
        self._app, self._room = app, room

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status, headers, body = 0, dict[str, str](), b""

        async def gather(message: Message) -> None:
            nonlocal status, headers, body
            if message["type"] == "http.response.start":
                status, headers = message["status"], {k.decode(): v.decode() for k, v in message["headers"]}
            else:
                body += message.get("body", b"")

        await self._app(scope, receive, gather)
        path = scope["path"] + (f"?{scope['query_string'].decode()}" if scope["query_string"] else "")
        self._room.asked[scope["path"].removeprefix("/api/v1/replica/")] += 1
        if self._room.change is not None:
            status, headers, body = self._room.change(path, (status, headers, body))
        headers = {name: value for name, value in headers.items() if name.lower() not in ("content-length", "transfer-encoding")}
        headers["content-length"] = str(len(body))
        sent = [(k.encode(), v.encode()) for k, v in headers.items()]
        await send({"type": "http.response.start", "status": status, "headers": sent})
        await send({"type": "http.response.body", "body": body[: len(body) - self._room.cut] if self._room.cut else body})


@contextmanager
def leading(home: Home, **tls: str) -> Iterator[Room]:
    """The archive's reading room at an address of this machine; `tls`: ssl_certfile and ssl_keyfile."""
    room = Room(home)
    with patch.dict(os.environ, home.environment, clear=True):
        app = create_app(load_config(os.environ))
    taken = socket.create_server(("127.0.0.1", 0))
    settings = uvicorn.Config(_Between(app, room), log_level="critical", lifespan="off", **tls)  # type: ignore[arg-type]
    server = uvicorn.Server(settings)
    room.base = f"{'https' if tls else 'http'}://127.0.0.1:{taken.getsockname()[1]}"
    thread = threading.Thread(target=lambda: asyncio.run(server.serve([taken])))
    thread.start()
    try:
        yield room
    finally:
        server.should_exit = True
        thread.join()
        taken.close()
        app.state.archive.close()


def follower(path: Path) -> QuickHome:
    """An empty archive that is to follow another."""
    home = QuickHome(path)
    home.environment["NOTICES_ORIGIN"] = "second.example/notices"
    return home


def followed(home: Home, *words: str, check: int | None = 0) -> dict[str, Any]:
    """The JSON of a run; its exit code and what it wrote to stderr beside."""
    done = home.run("follow", *words, "--json", "--no-progress", check=check)
    found: dict[str, Any] = json.loads(done.stdout) if done.stdout else {}
    return found | {"code": done.returncode, "error": done.stderr}


_TABLES = {
    "snapshot": "id, kind, length, url, status, media_type, fetched_at, payload_digest, revisit, note",
    "notice": "id, (select name from source where source.id = source_id), key, url, state, revisions, group_id, first_seen_at, last_seen_at",
    "revision": "*",
    "attachment": "revision_id, position, name, url, media_type, digest, size, outcome, detail, text, snapshot_id",
    "citation": "revision_id, relation, target_title, target_number, target_key, sentence, title_key",
    "alias": "revision_id, short, long",
    "correction": "revision_id, made_at, from_parser, to_parser, changes",
    "change": "seq, notice_id, revision, kind, at, baseline, cause_id",
    "source": "name, site, publisher, region",
}


def contents(home: Home) -> dict[str, list[tuple[Any, ...]]]:
    """Every row that a second archive must have as the first has it."""
    with sqlite3.connect(home.path / "notices.db") as raw:
        found = {name: sorted(raw.execute(f"select {columns} from {name}").fetchall(), key=repr) for name, columns in _TABLES.items()}
    raw.close()
    return found


def assert_equal(first: Home, second: Home) -> None:
    """Row by row; a difference is named by its table."""
    ours, theirs = contents(first), contents(second)
    for name in _TABLES:
        assert ours[name] == theirs[name], name
