"""Records of other programs' WARC files: byte for byte, around damage, and the shapes that are refused."""

from __future__ import annotations

import gzip
import io
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from warcio.archiveiterator import ArchiveIterator

from notices.errors import BadInput
from pipeline.foreign.stretch import Stretch
from pipeline.foreign.warc_records import BadRecord, ForeignRecord, is_whole_gzip, moment_of, record_at, records, unpacked, wrong_digest
from tests.support.others_files import FLOOD, FLOOD_URL, Warc, browsertrix_warc, wget_warc

NOW = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.fixture
def stretch(tmp_path: Path) -> Iterator[object]:
    """Opens bytes as a file."""
    handles = []

    def opened(data: bytes) -> Stretch:
        path = tmp_path / f"{len(handles)}.warc.gz"
        path.write_bytes(data)
        handles.append(path.open("rb"))
        return Stretch(path.name, handles[-1].fileno(), 0, len(data))

    yield opened
    for handle in handles:
        handle.close()


@pytest.mark.parametrize("make", [wget_warc, browsertrix_warc])
@pytest.mark.parametrize("plain", [False, True])
def test_records_are_those_that_warcio_reads(make, plain, tmp_path, stretch) -> None:
    data = make(tmp_path / "a.warc.gz").read_bytes()
    data = gzip.decompress(data) if plain else data
    found = list(records(stretch(data)))
    wanted = [(each.rec_type, each.raw_stream.read()) for each in ArchiveIterator(io.BytesIO(data), no_record_parse=True)]
    assert [(each.type, each.block) for each in found] == wanted
    assert sum(each.length for each in found) == len(data)
    whole = b"".join(each.head + b"\r\n\r\n" + each.block + b"\r\n\r\n" for each in found)
    assert whole == (data if plain else gzip.decompress(data))
    assert all(record_at(stretch(data), each.offset) == each for each in found[:2])


def test_all_in_one_gzip_member_is_told_and_unpacked(tmp_path, stretch) -> None:
    plain = gzip.decompress(wget_warc(tmp_path / "a.warc.gz").read_bytes())
    file = stretch(gzip.compress(plain))
    assert is_whole_gzip(file)
    assert b"".join(unpacked(file)) == plain
    assert not is_whole_gzip(stretch((tmp_path / "a.warc.gz").read_bytes()))


@pytest.mark.parametrize("plain", [False, True])
def test_every_cut_loses_only_the_last_record(plain, tmp_path, stretch) -> None:
    data = browsertrix_warc(tmp_path / "a.warc.gz").read_bytes()
    data = gzip.decompress(data) if plain else data
    whole = list(records(stretch(data)))
    for cut in range(len(data) - 20, 10, -max(1, len(data) // 40)):
        found = list(records(stretch(data[:cut])))
        good = [each for each in found if isinstance(each, ForeignRecord)]
        assert [each.block for each in good] == [each.block for each in whole[: len(good)]]
        assert len(good) >= sum(each.offset + each.length <= cut for each in whole)
        assert sum(each.length for each in found) == cut


@pytest.mark.parametrize("plain", [False, True])
def test_damage_in_the_middle_is_named_and_passed_over(plain, tmp_path, stretch) -> None:
    data = wget_warc(tmp_path / "a.warc.gz").read_bytes()
    data = gzip.decompress(data) if plain else data
    whole = list(records(stretch(data)))
    third = whole[3]
    damaged = data[: third.offset] + b"\xff" * 40 + data[third.offset + 40 :]
    found = list(records(stretch(damaged)))
    bad = [each for each in found if isinstance(each, BadRecord)]
    assert [each.offset for each in bad] == [third.offset]
    assert [each.block for each in found if isinstance(each, ForeignRecord)] == [each.block for each in whole if each is not third]


def test_zeros_at_the_end_are_no_damage(tmp_path, stretch) -> None:
    data = wget_warc(tmp_path / "a.warc.gz").read_bytes()
    assert not [each for each in records(stretch(data + bytes(5000))) if isinstance(each, BadRecord)]


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "empty"),
        (b"<html></html>", "not a WARC"),
        (gzip.compress(b"{}", mtime=0), "not a WARC"),
        (b"\x1f\x8b\x08 nothing", "not a WARC"),
        (b"PK\x03\x04 a", "WACZ"),
        (b"\x28\xb5\x2f\xfd a", "zstd"),
        (gzip.compress(b"filedesc://a.arc 0.0.0.0 20200101000000 text/plain 1\n", mtime=0), "warcio recompress"),
    ],
)
def test_other_files_are_refused_with_the_reason(data, why, stretch) -> None:
    with pytest.raises(BadInput, match=why):
        is_whole_gzip(stretch(data))


def test_digests_of_both_spellings_count() -> None:
    made = Warc()
    made.answer(FLOOD_URL, FLOOD)
    head, _, rest = gzip.decompress(made.buffer.getvalue()).partition(b"\r\n\r\n")
    block = rest[:-4]
    fields = {line.split(": ")[0].lower(): line.split(": ")[1] for line in head.decode().split("\r\n")[1:]}
    record = ForeignRecord(0, 0, head, block, fields)
    payload = block.partition(b"\r\n\r\n")[2]
    assert wrong_digest(record, iter([payload])) is None
    assert "Block-Digest" in str(wrong_digest(ForeignRecord(0, 0, head, block + b"x", fields), iter([payload])))
    assert "Payload-Digest" in str(wrong_digest(record, iter([payload + b"x"])))
    in_hex = {"warc-type": "response", "warc-payload-digest": "SHA-256:2D711642B726B04401627CA9FBAC32F5C8530FB1903CC4DB02258717921A4881"}
    assert wrong_digest(ForeignRecord(0, 0, b"", b"", in_hex), iter([b"x"])) is None


@pytest.mark.parametrize("stated", ["", "yesterday", "2024-13-01T00:00:00Z", "2031-01-01T00:00:00Z"])
def test_bad_times_are_refused(stated: str) -> None:
    with pytest.raises(ValueError):
        moment_of({"warc-date": stated}, NOW)
