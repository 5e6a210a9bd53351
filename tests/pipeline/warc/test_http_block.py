"""Answers in the blocks of other programs' records: every encoding undone, cut bodies and bombs refused."""

from __future__ import annotations

import gzip
import zlib

import brotli
import pytest

from pipeline.warc import http_block
from pipeline.warc.http_block import answer_in, body_of
from tests.support.others_files import FLOOD, chunked

PACKED = {
    "gzip": gzip.compress(FLOOD),
    "x-gzip": gzip.compress(FLOOD[:900]) + gzip.compress(FLOOD[900:]),
    "deflate": zlib.compress(FLOOD),
    "br": brotli.compress(FLOOD),
    "identity": FLOOD,
}


@pytest.mark.parametrize("coding", PACKED)
@pytest.mark.parametrize("in_chunks", [False, True])
def test_encodings_are_undone(coding: str, in_chunks: bool) -> None:
    headers = (("content-encoding", coding), *((("Transfer-Encoding", "Chunked"),) if in_chunks else ()))
    payload = chunked(PACKED[coding], 100) if in_chunks else PACKED[coding]
    assert body_of(headers, payload) == FLOOD


def test_deflate_without_its_head_is_undone() -> None:
    packer = zlib.compressobj(wbits=-15)
    assert body_of((("Content-Encoding", "deflate"),), packer.compress(FLOOD) + packer.flush()) == FLOOD


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd"])
def test_body_that_its_crawler_decoded_stays(coding: str) -> None:
    assert body_of((("Content-Encoding", coding), ("Transfer-Encoding", "chunked")), FLOOD) == FLOOD


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br"])
def test_body_that_is_cut_short_is_refused(coding: str) -> None:
    with pytest.raises(ValueError, match=coding):
        body_of((("Content-Encoding", coding),), PACKED[coding][:-9])


def test_chunks_that_are_cut_short_are_refused() -> None:
    with pytest.raises(ValueError, match="cut short"):
        body_of((("Transfer-Encoding", "chunked"),), chunked(FLOOD)[:-20])


@pytest.mark.parametrize("coding", ["gzip", "br", "deflate"])
def test_bomb_is_refused(coding: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_block, "LARGEST", 1 << 20)
    packed = {"gzip": gzip.compress, "br": brotli.compress, "deflate": zlib.compress}[coding](bytes(3 << 20))
    with pytest.raises(ValueError, match="larger"):
        body_of((("Content-Encoding", coding),), packed)


def test_heads_of_all_shapes_are_read() -> None:
    block = b"HTTP/2 200\nContent-Type: text/html;\n charset=gbk\nX-Odd name : 1\n\n<html>"
    answer = answer_in(block)
    assert (answer.status, answer.headers, answer.payload) == (
        200,
        (("Content-Type", "text/html; charset=gbk"), ("X-Odd name", "1")),
        b"<html>",
    )


def test_block_that_is_no_http_is_refused() -> None:
    with pytest.raises(ValueError, match="not an HTTP answer"):
        answer_in(b"<html>")
