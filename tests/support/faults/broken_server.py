"""A site on loopback that breaks HTTP itself: answers are written byte by byte to the socket, and some connections are torn."""

from __future__ import annotations

import gzip
import socket
import socketserver
import struct
import threading
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count, repeat
from typing import Any

import brotli  # type: ignore[import-untyped]

from tests.support.site_server import Page, Site

Answer = Callable[[socket.socket], None]
PAGE = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n"


@contextmanager
def breaking(site: Site, answers: dict[str, Answer]) -> Iterator[Site]:
    """Serve the site's pages, whole, on a free port of 127.0.0.1; paths in `answers` (which may change) as these write them."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            head = b""
            while b"\r\n\r\n" not in head and (piece := self.request.recv(65536)):
                head += piece
            path = head.split(b" ", 2)[1].decode() if head.count(b" ") > 1 else ""
            if path in answers:
                site.requests[path] += 1
                _quietly(answers[path], _Counting(self.request, site.sent, path))  # type: ignore[arg-type]
            else:
                _quietly(lambda to: to.sendall(_whole(site.answer(path))), self.request)

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        request_queue_size = 64
        block_on_close = False

    server = Server(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    site.base = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()


class _Counting:
    """A socket that counts the bytes of a path's answers."""

    def __init__(self, to: socket.socket, sent: Counter[str], path: str) -> None:
        self._to, self._sent, self._path = to, sent, path

    def sendall(self, data: bytes) -> None:
        self._to.sendall(data)
        self._sent[self._path] += len(data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._to, name)


def _quietly(answer: Answer, to: socket.socket) -> None:
    """Answer until the other side has enough: a crawl that hangs up is what many of these are for."""
    try:
        answer(to)
    except OSError:
        return


def _whole(page: Page) -> bytes:
    status, headers, body = page
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {status} .\r\n{lines}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body


def short_length(body: bytes) -> Answer:
    """Half of the bytes that Content-Length promises, then the end."""
    return lambda to: to.sendall(PAGE + b"Content-Length: %d\r\n\r\n" % len(body) + body[: len(body) // 2])


def cut_chunks(body: bytes) -> Answer:
    """A whole chunk, half of the next, then the end."""
    half, size = body[: len(body) // 2], len(body)
    return lambda to: to.sendall(PAGE + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n%x\r\n%s" % (len(half), half, size, half))


def no_last_chunk(body: bytes) -> Answer:
    """Whole chunks without the empty one that ends them."""
    half = body[: len(body) // 2]
    return lambda to: to.sendall(PAGE + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n" % (len(half), half))


def junk_chunks(body: bytes) -> Answer:
    """A chunk whose size is no number."""
    return lambda to: to.sendall(PAGE + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n" + body + b"\r\n0\r\n\r\n")


def torn(body: bytes) -> Answer:
    """Half of the promised bytes, then RST."""
    return lambda to: _reset(to, PAGE + b"Content-Length: %d\r\n\r\n" % len(body) + body[: len(body) // 2])


def torn_without_length(body: bytes) -> Answer:
    """A part of a body that only the connection's end delimits, another one each time, then RST."""
    sizes = count(len(body) // 2, 7)
    return lambda to: _reset(to, PAGE + b"\r\n" + body[: next(sizes)])


def closed_without_length(body: bytes) -> Answer:
    """The same with a proper end."""
    sizes = count(len(body) // 2, 7)
    return lambda to: to.sendall(PAGE + b"Connection: close\r\n\r\n" + body[: next(sizes)])


def torn_at_once(_body: bytes) -> Answer:
    """RST before any answer."""
    return lambda to: _reset(to, b"")


def torn_head(_body: bytes) -> Answer:
    """The end in the middle of the headers."""
    return lambda to: to.sendall(PAGE[:30])


def junk_head(_body: bytes) -> Answer:
    """Something that is not HTTP."""
    return lambda to: to.sendall(b"SSH-2.0-OpenSSH_9.6\r\n" + b"\x00\xff" * 200)


def cut_gzip(body: bytes) -> Answer:
    """A gzip stream without its last tenth, at the length that was promised."""
    return _coded(b"gzip", _but_a_tenth(gzip.compress(body)))


def cut_gzip_without_length(body: bytes) -> Answer:
    """A gzip stream that ends early with its connection."""
    data = _but_a_tenth(gzip.compress(body))
    return lambda to: to.sendall(PAGE + b"Content-Encoding: gzip\r\n\r\n" + data)


def cut_deflate(body: bytes) -> Answer:
    """A deflate stream without its last tenth."""
    return _coded(b"deflate", _but_a_tenth(zlib.compress(body)))


def cut_brotli(body: bytes) -> Answer:
    """A brotli stream without its last tenth."""
    return _coded(b"br", _but_a_tenth(brotli.compress(body)))


def junk_gzip(_body: bytes) -> Answer:
    """A body that is called gzip and is none."""
    return _coded(b"gzip", b"<html>" * 50)


def _but_a_tenth(data: bytes) -> bytes:
    return data[: len(data) * 9 // 10]


def _coded(coding: bytes, data: bytes) -> Answer:
    return lambda to: to.sendall(PAGE + b"Content-Encoding: %s\r\nContent-Length: %d\r\n\r\n" % (coding, len(data)) + data)


def two_lengths(body: bytes) -> Answer:
    """Two Content-Lengths, of which the first is short."""
    half = len(body) // 2
    return lambda to: to.sendall(PAGE + b"Content-Length: %d\r\nContent-Length: %d\r\n\r\n" % (half, len(body)) + body)


def slow(body: bytes) -> Answer:
    """One byte in a fifth of a second, for as long as anybody listens."""
    return lambda to: _trickle(to, PAGE + b"Content-Length: %d\r\n\r\n" % len(body), body)


def slow_head(_body: bytes) -> Answer:
    """A header line of one byte in a fifth of a second."""
    return lambda to: _trickle(to, PAGE, b"X-Long: " + b"y" * 10_000)


def silent(_body: bytes) -> Answer:
    """An open connection and nothing on it."""
    return lambda to: time.sleep(20)


def endless_chunks(_body: bytes) -> Answer:
    """Chunks without end, as fast as the line takes them."""
    block = b"<p>xxxxx" * 8192
    chunk = b"%x\r\n" % len(block) + block + b"\r\n"
    return lambda to: _forever(to, PAGE + b"Transfer-Encoding: chunked\r\n\r\n", chunk)


def endless_body(_body: bytes) -> Answer:
    """A body without length and without end."""
    return lambda to: _forever(to, PAGE + b"\r\n", b"<p>xxxxx" * 8192)


def endless_head(_body: bytes) -> Answer:
    """Header lines without end."""
    return lambda to: _forever(to, PAGE, b"".join(b"X-%d: %s\r\n" % (n, b"y" * 100) for n in range(500)))


def lying_length(_body: bytes) -> Answer:
    """A Content-Length of 8 EB."""
    return lambda to: to.sendall(PAGE + b"Content-Length: 9223372036854775807\r\n\r\n<html>")


def _reset(to: socket.socket, data: bytes) -> None:
    to.sendall(data)
    time.sleep(0.2)  # else the reset overtakes what was sent
    to.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    to.close()


def _trickle(to: socket.socket, head: bytes, body: bytes) -> None:
    to.sendall(head)
    for byte in body:
        to.sendall(bytes([byte]))
        time.sleep(0.2)


def _forever(to: socket.socket, head: bytes, piece: bytes) -> None:
    to.sendall(head)
    for block in repeat(piece):
        to.sendall(block)


BROKEN: dict[str, Callable[[bytes], Answer]] = {
    answer.__name__: answer
    for answer in (
        *(short_length, cut_chunks, no_last_chunk, junk_chunks, torn, torn_without_length, closed_without_length, torn_at_once),
        *(
            torn_head,
            junk_head,
            junk_gzip,
            cut_gzip,
            cut_gzip_without_length,
            cut_deflate,
            cut_brotli,
            two_lengths,
            slow,
            slow_head,
            silent,
            endless_chunks,
            endless_body,
            endless_head,
            lying_length,
        ),
    )
}
