"""An HTTP answer as it went over the line, in the block of a record that another archive wrote: status, headers, and the body decoded.

Crawlers differ: wget, Heritrix and warcio keep the bytes as sent, Common Crawl and Browsertrix undo the encodings and some leave the headers that
name them. So an encoding is undone only where the bytes are in it.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from typing import NamedTuple

import brotli  # type: ignore[import-untyped]

from notices.text.language import _

LARGEST = 256 << 20
"""Bytes of a decoded body. A larger one is refused: a page of text is far smaller, and a bomb is not."""
_STATUS = re.compile(rb"HTTP/\d(?:\.\d)?[ \t]+(\d{3})")
_END = re.compile(rb"\r?\n\r?\n")
_SIZE = re.compile(rb"[ \t]*([0-9A-Fa-f]{1,8})[ \t]*(?:;[^\r\n]*)?\r?\n")


class HttpAnswer(NamedTuple):
    """A status, headers as sent and in their order, and the bytes after them, still encoded."""

    status: int
    headers: tuple[tuple[str, str], ...]
    payload: bytes


def answer_in(block: bytes) -> HttpAnswer:
    """The answer in a block. Raises ValueError for one that is not HTTP."""
    status = _STATUS.match(block)
    if not status:
        raise ValueError(_("not an HTTP answer: it begins {begin!r}").format(begin=block[:40]))
    end = _END.search(block)
    head, payload = (block[: end.start()], block[end.end() :]) if end else (block, b"")
    return HttpAnswer(int(status[1]), tuple(_headers(head)), payload)


def _headers(head: bytes) -> Iterator[tuple[str, str]]:
    lines = head.decode("latin-1").replace("\r\n", "\n").split("\n")[1:]
    name, value = "", ""
    for line in lines:
        if line[:1] in " \t" and name:  # obsolete folding, RFC 9112 5.2
            value += " " + line.strip()
            continue
        if name:
            yield name, value
        name, _, value = line.partition(":")
        name, value = name.strip(), value.strip()
    if name:
        yield name, value


def body_of(headers: tuple[tuple[str, str], ...], payload: bytes) -> bytes:
    """The payload with transfer and content encodings undone. Raises ValueError for one that is cut short, damaged or larger than LARGEST."""
    named = [(name.lower(), value.lower()) for name, value in headers]
    transfer = [each.strip() for name, value in named if name == "transfer-encoding" for each in value.split(",")]
    content = [each.strip() for name, value in named if name == "content-encoding" for each in value.split(",")]
    body = payload
    if "chunked" in transfer:
        body = _unchunked(body)
    for coding in reversed([each for each in (*content, *transfer) if each not in ("chunked", "identity", "")]):
        body = _undone(coding, body)
    return body


def _unchunked(payload: bytes) -> bytes:
    """The chunks joined; the payload itself where it does not begin with a chunk (its crawler undid the encoding and kept the header)."""
    if not _is_chunked(payload):
        return payload
    pieces, place = list[bytes](), 0
    while True:
        size = _SIZE.match(payload, place)
        if not size:
            raise ValueError(_("a chunked body is cut short"))
        length = int(size[1], 16)
        if length == 0:
            return b"".join(pieces)
        place = size.end()
        if place + length > len(payload):
            raise ValueError(_("a chunked body is cut short"))
        pieces.append(payload[place : place + length])
        place += length
        place += len(payload[place : place + 2]) - len(payload[place : place + 2].lstrip(b"\r\n"))


def _is_chunked(payload: bytes) -> bool:
    """Whether the payload begins with the size of a chunk, and the chunk ends where that says."""
    size = _SIZE.match(payload)
    if not size:
        return False
    end = size.end() + int(size[1], 16)
    return end >= len(payload) or payload[end : end + 1] in (b"\r", b"\n")


def _undone(coding: str, body: bytes) -> bytes:
    if not body:
        return body
    try:
        if coding in ("gzip", "x-gzip"):
            return _inflated(body, 31) if body.startswith(b"\x1f\x8b") else body
        if coding == "deflate":
            return _deflated(body)
        if coding == "br":
            return _brotli(body)
    except (zlib.error, EOFError) as error:
        raise ValueError(_("its body is not whole {coding}: {error}").format(coding=coding, error=error)) from error
    if _begins_as_text(body):  # an encoding that we do not know, undone already
        return body
    raise ValueError(_("its body has the encoding {coding!r}, which is not known here").format(coding=coding))


def _inflated(body: bytes, window: int) -> bytes:
    pieces, size = list[bytes](), 0
    while body:
        unpacker = zlib.decompressobj(window)
        piece = unpacker.decompress(body, LARGEST + 1 - size)
        size += len(piece)
        if size > LARGEST:
            raise ValueError(_("its body is larger than {most} bytes").format(most=LARGEST))
        pieces.append(piece)
        if not unpacker.eof:
            raise EOFError("it ends too early")
        body = unpacker.unused_data if unpacker.unused_data.startswith(b"\x1f\x8b") else b""
    return b"".join(pieces)


def _deflated(body: bytes) -> bytes:
    """RFC 9110 says zlib; some servers send the bare stream."""
    for window in (15, -15):
        try:
            return _inflated(body, window)
        except (zlib.error, EOFError):
            continue
    if _begins_as_text(body):
        return body
    raise EOFError("it is no deflate stream")


def _brotli(body: bytes) -> bytes:
    """The body; as it is where it was decoded already: Brotli has no mark to tell by, so what does not decode and begins as text is taken so."""
    unpacker, pieces, size = brotli.Decompressor(), list[bytes](), 0
    given, why = body, "it ends too early"
    try:
        while not unpacker.is_finished():
            piece = unpacker.process(given, output_buffer_limit=1 << 20)
            given, size = b"", size + len(piece)
            pieces.append(piece)
            if size > LARGEST:
                raise ValueError(_("its body is larger than {most} bytes").format(most=LARGEST))
            if not piece and unpacker.can_accept_more_data():
                break
        else:
            return b"".join(pieces)
    except brotli.error as error:
        why = str(error)
    if _begins_as_text(body):
        return body
    raise ValueError(_("its body is not whole {coding}: {error}").format(coding="br", error=why))


def _begins_as_text(body: bytes) -> bool:
    return body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"<", b"{", b"[")
