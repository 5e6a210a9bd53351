"""Answers as browsers read them: Scrapy's and Twisted's strict reading refuses whole sites for a header that nobody needs.

Seen 2026-11: "Server : IIS", policies and cookies of 20 kB, "HTTP/1.0 200" without a phrase, a Content-Length of words, TLS 1.0.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, cast

from OpenSSL import SSL
from scrapy.core.downloader.contextfactory import _ScrapyCertificateOptions, _ScrapyClientContextFactory
from scrapy.core.downloader.handlers.http11 import (
    HTTP11DownloadHandler,
    _LenientHTTP11ClientFactory,
    _LenientHTTP11ClientProtocol,
    _LenientHTTPClientParser,
)
from scrapy.crawler import Crawler
from scrapy.utils.misc import build_from_crawler
from twisted.internet.ssl import CertificateOptions, TLSVersion
from twisted.web._newclient import HEADER, STATUS, ParseError
from twisted.web.iweb import IPolicyForHTTPS, IResponse

if TYPE_CHECKING:
    from twisted.internet.defer import Deferred
    from twisted.internet.interfaces import IAddress
    from twisted.web._newclient import Request as TxRequest

LONGEST_LINE = 262_144
"""Bytes of a header line, as Chromium has it for all headers together."""
MOST_BYTES, MOST_LINES = 1_048_576, 2_000
_STATUS = re.compile(rb"\s*(?:HTTP|ICY)(/\d{1,3}(?:\.\d{1,3})?)?\s+(\d{1,9})(?:\s+(.*))?\s*", re.I | re.S)
_TOKEN = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_DIGITS = re.compile(rb"\d+")


class _Parser(_LenientHTTPClientParser):
    """Reads header lines as browsers do; bounded, so that a server cannot fill the memory with them."""

    MAX_LENGTH = LONGEST_LINE
    _bytes = _lines = 0

    def lineReceived(self, line: bytes) -> None:
        """A line of the head. Raises ParseError for a head without an end."""
        self._bytes, self._lines = self._bytes + len(line), self._lines + 1
        if self._bytes > MOST_BYTES or self._lines > MOST_LINES:
            raise ParseError("a head of more than 2,000 lines or 1 MB", line[:80])  # type: ignore[no-untyped-call]
        line = line.removesuffix(b"\r")
        if self.state == STATUS and not line:
            return
        if self.state == HEADER and line[:1] in (b" ", b"\t") and (self._partialHeader is None or not line.strip()):
            return  # a continuation of nothing, or with nothing
        super().lineReceived(line)

    def statusReceived(self, status: bytes) -> None:
        """The first line, in the one notation that Twisted reads."""
        found = _STATUS.fullmatch(status)
        if found:
            version = found[1] or b"/1.0"
            status = b" ".join([b"HTTP" + version + (b"" if b"." in version else b".0"), found[2], found[3] or b""])
        super().statusReceived(status)  # type: ignore[no-untyped-call]

    def headerReceived(self, name: bytes, value: bytes) -> None:
        """A header; a name that is no token of RFC 9110 §5.1 without its blanks, or kept as it came."""
        plain = name.strip()
        if not _TOKEN.fullmatch(plain):
            text = [name.decode("latin-1"), value.decode("latin-1")]
            plain, value = b"X-Original-Header", json.dumps(text).encode("ascii")
        super().headerReceived(plain, value)  # type: ignore[no-untyped-call]
        if plain.lower() == b"transfer-encoding":
            self.headers.addRawHeader(plain, value)  # Twisted undoes it and keeps it for itself

    def allHeadersReceived(self) -> None:
        """The head is complete; what contradicts itself about the body's length does not count."""
        codings = b",".join(self.connHeaders.getRawHeaders(b"transfer-encoding", [])).lower()
        self.connHeaders.removeHeader(b"transfer-encoding")
        lengths = {v.strip() for each in self.connHeaders.getRawHeaders(b"content-length", []) for v in each.split(b",")}
        if codings.rpartition(b",")[2].strip() == b"chunked":
            self.connHeaders.setRawHeaders(b"transfer-encoding", [b"chunked"])
        if any(not _DIGITS.fullmatch(each) for each in lengths):
            self.connHeaders.removeHeader(b"content-length")
        super().allHeadersReceived()  # type: ignore[no-untyped-call]


class _Protocol(_LenientHTTP11ClientProtocol):
    def request(self, request: TxRequest) -> Deferred[IResponse]:
        """As Scrapy does it: Twisted names the parser's class in the middle of a method."""
        made = super().request(request)
        if self._parser is not None:
            self._parser.__class__ = _Parser
        return made


class _Factory(_LenientHTTP11ClientFactory):
    def buildProtocol(self, addr: IAddress | None) -> _Protocol:
        """The protocol of a connection."""
        return _Protocol(self._quiescentCallback)  # type: ignore[no-untyped-call]


class Answers(HTTP11DownloadHandler):
    """Scrapy's download handler with the parser above."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._pool._factory = _Factory


class OldTlsAnswers(Answers):
    """For a source with tls = "old": TLS 1.0, short keys and ciphers of its time; certificates are not verified."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._contextFactory = cast(IPolicyForHTTPS, build_from_crawler(_OldTls, crawler))


class _OldTls(_ScrapyClientContextFactory):
    def _get_cert_options(self) -> CertificateOptions:
        return _OldOptions(insecurelyLowerMinimumTo=TLSVersion.TLSv1_0)


class _OldOptions(_ScrapyCertificateOptions):
    def _makeContext(self, skipCiphers: bool = False) -> SSL.Context:
        context = super()._makeContext(skipCiphers=True)
        context.set_cipher_list(b"ALL:!aNULL:!eNULL:@SECLEVEL=0")
        return context
