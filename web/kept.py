"""Answers kept in memory while the archive stays the same, as they went over the wire: most readers ask what others have just asked."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from notices.hours import ZONE
from web.archive import Archive
from web.packing import accepts
from web.pages import language_wanted, unless_known
from web.problems import BUSY, is_program, problem, too_many
from web.rates import Turns, asked_by

_PAGES = re.compile(r"/|/search|/n/[0-9]+(?:/r/[0-9]+)?|/sitemap(?:-[0-9]+)?\.xml")
_MOST_BYTES, _LARGEST = 48 << 20, 300_000  # of all kept answers of a process, and of one
_OF_ONE = 600  # bytes that an answer takes beside its body
_MOST_AT_ONCE = 256  # answers that a process makes or has waiting; one more is told to come back


class _Sent(NamedTuple):
    """An answer as it was sent, and the state of the archive that it is made of."""

    state: str
    headers: Sequence[tuple[bytes, bytes]]
    body: bytes


class Kept:
    """Answers a page again as long as the archive is what it was; makes no more answers at once than readers wait for, and few for one network.

    What is kept is compressed already: a page that many readers ask for costs what its bytes cost.
    """

    def __init__(self, app: ASGIApp, archive: Archive) -> None:
        self._app, self._archive = app, archive
        self._answers: OrderedDict[tuple[object, ...], _Sent] = OrderedDict()
        self._bytes = self._at_once = 0
        self._turns = Turns()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http" or scope["path"].startswith("/static/"):
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        state = self._archive.state() if scope["method"] == "GET" and _PAGES.fullmatch(scope["path"]) else None
        key = _key(request) if state is not None else ()
        found = self._answers.get(key) if state is not None else None
        if found is not None and found.state == state:
            self._answers.move_to_end(key)
            await _again(request, found)(scope, receive, send)
        elif self._at_once >= _MOST_AT_ONCE:
            await problem(request, 503, BUSY)(scope, receive, send)
        elif self._turns.is_full(asked_by(scope)):
            await too_many(request)(scope, receive, send)
        else:
            await self._made(scope, receive, _Recorder(send, state, key, self))

    async def _made(self, scope: Scope, receive: Receive, recorder: _Recorder) -> None:
        """Let the answer be made. It counts until it begins: what a slow reader has yet to fetch keeps nobody waiting."""
        self._at_once += 1
        try:
            recorder.end_turn = await self._turns.taken(asked_by(scope))
            await self._app(scope, receive, recorder)
        finally:
            recorder.begun()

    def has_begun(self) -> None:
        """One answer fewer is being made."""
        self._at_once -= 1

    def keep(self, key: tuple[object, ...], sent: _Sent) -> None:
        """Keep an answer in place of those that were asked for the longest ago."""
        before = self._answers.pop(key, None)
        self._bytes += len(sent.body) + _OF_ONE - (len(before.body) + _OF_ONE if before else 0)
        self._answers[key] = sent
        while self._bytes > _MOST_BYTES:
            _oldest, dropped = self._answers.popitem(last=False)
            self._bytes -= len(dropped.body) + _OF_ONE


class _Recorder:
    """Passes an answer on, and keeps it if it is a whole page."""

    def __init__(self, send: Send, state: str | None, key: tuple[object, ...], kept: Kept) -> None:
        self._send, self._state, self._key, self._kept = send, state, key, kept
        self._headers: list[tuple[bytes, bytes]] | None = None
        self._is_counted = True
        self.end_turn: Callable[[], None] = lambda: None

    async def __call__(self, message: Message) -> None:
        """Pass on one message."""
        if message["type"] == "http.response.start":
            self.begun()
            if self._state is not None and message["status"] == 200:
                self._headers = list(message["headers"])
        elif self._headers is not None and self._state is not None:
            body = message.get("body", b"")
            if not message.get("more_body") and len(body) <= _LARGEST:
                self._kept.keep(self._key, _Sent(self._state, self._headers, bytes(body)))
            self._headers = None
        await self._send(message)

    def begun(self) -> None:
        """Count the answer no longer."""
        if self._is_counted:
            self._is_counted = False
            self.end_turn()
            self._kept.has_begun()


def _key(request: Request) -> tuple[object, ...]:
    """What an answer depends on beside the archive: addresses in it bear the host that was asked, a reference names the day."""
    headers = request.headers
    accepted = headers.get("accept-encoding", "")
    packed = "zstd" if accepts(accepted, "zstd") else "gzip" if "gzip" in accepted else ""
    asked = request.url.path, request.url.query, request.url.scheme, headers.get("host", "")
    return *asked, language_wanted(request), is_program(request), packed, datetime.now(ZONE).date()


def _again(request: Request, sent: _Sent) -> Response:
    made = Response(sent.body)
    made.raw_headers = list(sent.headers)
    return unless_known(request, made) if "etag" in made.headers else made
