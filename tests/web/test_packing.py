"""Answers on the wire: zstd or gzip as the reader accepts, and neither for files that are packed already."""

from __future__ import annotations

import gzip

import pytest
from backports import zstd
from starlette.testclient import TestClient

from web.packing import accepts


def sent(room: TestClient, address: str, accepted: str) -> tuple[str, bytes, str]:
    """The coding, the bytes as sent, and whether caches are told that it varies."""
    with room.stream("GET", address, headers={"accept-encoding": accepted}) as answer:
        body = b"".join(answer.iter_raw())
        assert "content-length" not in answer.headers or int(answer.headers["content-length"]) == len(body)
        return answer.headers.get("content-encoding", ""), body, answer.headers.get("vary", "")


@pytest.mark.parametrize("address", ["/n/1", "/api/v1/search?q=检查", "/static/style.css", "/export?all=1", "/changes"])
def test_the_same_whichever_coding_is_asked_for(room: TestClient, address: str) -> None:
    name, plain, _vary = sent(room, address, "identity")
    assert name == ""
    name, packed, vary = sent(room, address, "gzip, deflate, br, zstd")
    assert (name, "accept-encoding" in vary.lower()) == ("zstd", True)
    first, second = zstd.decompress(packed), gzip.decompress(sent(room, address, "gzip")[1])
    if "took_ms" not in plain.decode():
        assert first == second == plain
    assert len(packed) < len(plain)


def test_packed_files_are_not_packed_again(room: TestClient) -> None:
    assert sent(room, "/export?all=1&format=parquet", "zstd, gzip")[0] == ""
    assert sent(room, "/export?q=检查&format=wacz", "zstd, gzip")[0] == ""
    assert sent(room, "/robots.txt", "zstd")[0] in ("", "zstd")


@pytest.mark.parametrize(
    ("header", "accepted"),
    [
        ("zstd", True),
        ("gzip, ZSTD;q=0.5", True),
        ("zstd; q=1.0", True),
        ("zstd;q=0", False),
        ("zstd;q=0.00", False),
        ("gzip, br", False),
        ("", False),
        ("*", False),
    ],
)
def test_accepts(header: str, accepted: bool) -> None:
    assert accepts(header, "zstd") is accepted
