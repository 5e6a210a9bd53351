"""Answers made smaller on their way: zstd (RFC 8878) for whoever accepts it, which costs a fifth of gzip's time, else gzip."""

from __future__ import annotations

import sys

from starlette.datastructures import Headers
from starlette.middleware.gzip import DEFAULT_EXCLUDED_CONTENT_TYPES, GZipMiddleware, IdentityResponder
from starlette.types import ASGIApp, Receive, Scope, Send

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

_FROM, _LEVEL = 1000, 3  # bytes from which an answer is packed; zstd's own default
_PACKED = ("application/wacz", "application/vnd.apache.parquet", *DEFAULT_EXCLUDED_CONTENT_TYPES)  # files that are packed already


class Packing:
    """Packs the answers of an application as the reader's Accept-Encoding asks."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._gzip = GZipMiddleware(app, minimum_size=_FROM, exclude_content_types=_PACKED)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "http" and accepts(Headers(scope=scope).get("accept-encoding", ""), "zstd"):
            await _Zstd(self._app, _FROM, exclude_content_types=_PACKED)(scope, receive, send)
        else:
            await self._gzip(scope, receive, send)


def accepts(header: str, coding: str) -> bool:
    """Whether an Accept-Encoding names the coding, and not with the weight 0."""
    for part in header[:1000].lower().split(","):
        name, _, weight = part.partition(";")
        if name.strip() == coding:
            return weight.replace(" ", "").removeprefix("q=").rstrip("0") not in ("0.", "0", "") if weight else True
    return False


class _Zstd(IdentityResponder):
    """One answer."""

    content_encoding = "zstd"
    _packer: zstd.ZstdCompressor | None = None

    async def apply_compression(self, body: bytes, *, more_body: bool) -> bytes:
        """The body, or its next part, so that the reader can unpack all that was sent until now."""
        if self._packer is None:
            self._packer = zstd.ZstdCompressor(level=_LEVEL)
        return self._packer.compress(body, mode=zstd.ZstdCompressor.FLUSH_BLOCK if more_body else zstd.ZstdCompressor.FLUSH_FRAME)
