"""Truncated responses that HTTP does not reveal: compressed streams without their end, bodies that only the connection's end delimits."""

from __future__ import annotations

import hashlib
import re
import zlib

import brotli  # type: ignore[import-untyped]
from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.retry import get_retry_request
from scrapy.exceptions import ResponseDataLossError
from scrapy.http import Response

from notices.capture import REDIRECTS
from notices.text.html import decode, parse, text_of

NO_END = "a body without length and without an end mark"
_PIECE = 1 << 20
_TAIL = 65_536  # some firewalls append scripts after the closing tag
_ENDS = re.compile(rb"</html\s*>|%%EOF|PK\x05\x06", re.I)  # of a page, a PDF, a ZIP container

_PAGE = re.compile(rb"<(?:html|!doctype\s+html|head|body)[\s>]", re.I)
_CODE = ((b"<script", b"</script"), (b"<style", b"</style"), (b"<!--", b"-->"), (b"<", b">"))
_LAST = 300  # characters
_COUNTED = re.compile(r"[0-9A-Za-z_-]*\d[0-9A-Za-z_:.-]*")


class CompleteBody:
    """Downloader middleware: requests a truncated response again. A body with neither length nor end mark is taken when it shows the same twice."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.tries: int = crawler.settings.getint("RETRY_TIMES")
        self.most: int = crawler.settings.getint("DOWNLOAD_MAXSIZE")

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> CompleteBody:
        """Called by Scrapy."""
        return cls(crawler)

    def process_response(self, request: Request, response: Response) -> Request | Response:
        """The response as it came, or the request again. Raises ResponseDataLossError."""
        request.meta["undone"] = [("Content-Encoding", v.decode("latin-1")) for v in response.headers.getlist("Content-Encoding")]
        request.meta.pop("unended", None)
        if response.status in REDIRECTS and "Location" in response.headers:
            return _without_broken_coding(response, self.most)
        why = truncation(response, self.most)
        if why is None:
            return response
        digest = shown_digest(response.body)
        if why == NO_END and request.meta.get("body_before") == digest:
            request.meta["unended"] = NO_END
            return response
        assert self.crawler.spider is not None
        retry = get_retry_request(request, spider=self.crawler.spider, reason=why, max_retry_times=self.tries)
        if retry is None:
            raise ResponseDataLossError(f"{why}: {response.url}")
        retry.meta["body_before"] = digest
        return retry


def shown_digest(body: bytes) -> str:
    """A digest of what a body ends with: of a page its last words without those that contain digits (counters, clocks, tokens), else all bytes.

    Two answers that were cut end in different words; one that ends in the middle of a script may lack words that nobody saw.
    """
    if _PAGE.search(body[:2048]) and not _ends_in_code(body):
        text, _ = decode(body)
        body = _COUNTED.sub("0", text_of(parse(text)))[-_LAST:].encode("utf-8", "replace")
    return hashlib.sha256(body).hexdigest()


def _ends_in_code(body: bytes) -> bool:
    lower = body.lower()
    return any(lower.rfind(begin) > lower.rfind(end) for begin, end in _CODE)


def _without_broken_coding(response: Response, most: int) -> Response:
    """A redirect, whose body says nothing: where it cannot be decoded it stays as sent."""
    if truncation(response, most) not in (None, NO_END):
        del response.headers["Content-Encoding"]
    return response


def truncation(response: Response, most: int) -> str | None:
    """Why a response, still compressed, may be truncated; None when it is complete. Unpacks at most `most` bytes."""
    coding = (response.headers.get("Content-Encoding") or b"").decode("latin-1").rpartition(",")[2].strip().lower()
    if response.body and coding in ("gzip", "x-gzip", "deflate", "br"):
        return None if _ends(coding, response.body, most) else f"a {coding} stream without its end"
    known = "partial" not in response.flags or _ENDS.search(response.body[-_TAIL:])
    return None if known else NO_END


def _ends(coding: str, body: bytes, most: int) -> bool:
    """Whether a compressed stream reaches its end, or is too large to see."""
    if coding == "br":
        return _brotli_ends(body, most)
    if coding != "deflate":
        return _zlib_ends(body, 31, most)
    return _zlib_ends(body, 15, most) or _zlib_ends(body, -15, most)


def _zlib_ends(body: bytes, wbits: int, most: int) -> bool:
    stream, size = zlib.decompressobj(wbits), 0
    while not stream.eof and size <= most:
        try:
            piece = stream.decompress(body, _PIECE)
        except zlib.error:
            return False
        body, size = stream.unconsumed_tail, size + len(piece)
        if not piece and not body:
            return stream.eof
    return True


def _brotli_ends(body: bytes, most: int) -> bool:
    stream, size = brotli.Decompressor(), 0
    try:
        size += len(stream.process(body, output_buffer_limit=_PIECE))
        while not stream.is_finished() and not stream.can_accept_more_data() and size <= most:
            size += len(stream.process(b"", output_buffer_limit=_PIECE))
    except brotli.error:
        return False
    return size > most or bool(stream.is_finished())
