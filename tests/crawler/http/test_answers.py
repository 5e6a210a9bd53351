"""Heads that browsers read, fed to the parser as bytes; TLS as old servers speak it; why a connection failed, in words."""

from __future__ import annotations

import datetime
import ssl
from contextlib import suppress
from pathlib import Path
from unittest.mock import Mock

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from OpenSSL import SSL
from scrapy.exceptions import DownloadFailedError
from twisted.internet.error import ConnectionDone
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure
from twisted.web._newclient import ParseError, ResponseFailed

from crawler.http.answers import MOST_LINES, _OldTls, _Parser
from crawler.http.causes import told


def head(data: bytes) -> tuple[int, dict[bytes, list[bytes]], object]:
    """Status, headers and the body's length of an answer that begins so."""
    parser = _Parser(Mock(method=b"GET"), lambda rest: None)  # type: ignore[no-untyped-call]
    parser.makeConnection(StringTransport())
    got: list[object] = []
    parser._responseDeferred.addCallback(got.append)
    parser.dataReceived(data)
    (response,) = got
    return response.code, dict(response.headers.getAllRawHeaders()), response.length  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("line", "name", "value"),
    [
        (b"Server : IIS", b"Server", b"IIS"),
        (b"X-Policy: " + b"a" * 200_000, b"X-Policy", b"a" * 200_000),
        (b"Transfer-Encoding: chunked", b"Transfer-Encoding", b"chunked"),
        (b"X Y: 1", b"X-Original-Header", b'["X Y", " 1"]'),
        (b": 1", b"X-Original-Header", b'["", " 1"]'),
        (b"no colon\r\nA: 1", b"A", b"1"),
        (b"A: 1\r\n ", b"A", b"1"),
    ],
)
def test_odd_header_line_costs_nothing_but_itself(line: bytes, name: bytes, value: bytes) -> None:
    status, headers, _ = head(b"HTTP/1.1 200 OK\r\n" + line + b"\r\nB: 2\r\n\r\n")
    found = [v.strip() for v in headers[name]]
    assert (status, headers[b"B"]) == (200, [b"2"])
    assert found == [value] or found == [value.replace(b'" 1', b'"1')]


@pytest.mark.parametrize(
    "first", [b"HTTP/1.1 200", b"HTTP/1 200 OK", b"HTTP 200 OK", b"http/1.1  200 OK", b"\r\nHTTP/1.0 200 OK", b"ICY 200 OK"]
)
def test_odd_first_line_is_read(first: bytes) -> None:
    assert head(first + b"\r\nA: 1\r\n\r\n")[:2] == (200, {b"A": [b"1"]})


@pytest.mark.parametrize(
    "lengths", [b"Content-Length: many", b"Content-Length: -3", b"Content-Length: 5, x", b"Transfer-Encoding: identity"]
)
def test_length_that_is_no_number_does_not_count(lengths: bytes) -> None:
    assert not isinstance(head(b"HTTP/1.1 200 OK\r\n" + lengths + b"\r\n\r\n")[2], int)


def test_head_without_an_end_is_an_error() -> None:
    with pytest.raises(ParseError):
        head(b"HTTP/1.1 200 OK\r\n" + b"A: 1\r\n" * (MOST_LINES + 1))


def test_old_tls_reaches_a_server_of_its_time(tmp_path: Path) -> None:
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "www.linshan.example")])
    start = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), start, start + datetime.timedelta(365))
    pem = serialization.Encoding.PEM
    plain = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (tmp_path / "c.pem").write_bytes(plain + made.sign(key, hashes.SHA256()).public_bytes(pem))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with pytest.warns(DeprecationWarning, match="TLSv1"):
        server.minimum_version = server.maximum_version = ssl.TLSVersion.TLSv1
    server.set_ciphers("ALL:@SECLEVEL=0")
    server.load_cert_chain(tmp_path / "c.pem")
    assert _handshake(_OldTls()._get_context(), server) == "TLSv1"


def _handshake(client: SSL.Context, server: ssl.SSLContext) -> str | None:
    """The protocol on which both sides agree, over memory."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    one, two = SSL.Connection(client, None), server.wrap_bio(to_server, to_client, server_side=True)
    one.set_connect_state()
    for _ in range(6):
        for step in (one.do_handshake, two.do_handshake):
            with suppress(SSL.WantReadError, ssl.SSLWantReadError):
                step()
            while True:
                try:
                    to_server.write(one.bio_read(65_536))
                except SSL.WantReadError:
                    break
            if to_client.pending:
                one.bio_write(to_client.read())
    return two.version()


@pytest.mark.parametrize(
    ("cause", "said"),
    [
        (SSL.Error([("SSL routines", "", "tlsv1 alert protocol version")]), 'TLS: tlsv1 alert protocol version; tls = "old" in'),
        (SSL.Error([("SSL routines", "", "dh key too small")]), 'TLS: dh key too small; tls = "old" in'),
        (SSL.Error([("SSL routines", "", "certificate verify failed")]), 'TLS: certificate verify failed; tls = "relaxed" in'),
        (ConnectionDone(), "ConnectionDone: Connection was closed cleanly."),
    ],
)
def test_reason_names_what_tls_or_the_network_said(cause: Exception, said: str) -> None:
    error = DownloadFailedError("[<Failure>]")
    error.__cause__ = ResponseFailed([Failure(cause)])  # type: ignore[no-untyped-call]
    assert told(error).startswith(f"DownloadFailedError: {said}")
