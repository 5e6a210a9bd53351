"""Captures into WARC and back: exact, durable, readable by other tools."""

from __future__ import annotations

import json
import os
import random
import resource
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from warcio.archiveiterator import ArchiveIterator

from notices.capture import Capture, payload_digest
from notices.errors import ArchiveUnwritable, DamageFound, DiskFull
from pipeline.warc.record import decode, encode, http_head, read_http_head
from pipeline.warc.series import SnapshotWriter, Stored, read_capture, scan, verify_series

NOON = datetime(2026, 3, 1, 4, 0, 0, 123456, tzinfo=UTC)


def capture(n: int = 0, **changes: object) -> Capture:
    values: dict[str, object] = {
        "url": f"https://www.example.cn/tz/{n}.html",
        "status": 200,
        "headers": (("Content-Type", "text/html; charset=gb18030"), ("Content-Encoding", "gzip"), ("Content-Length", "77")),
        "body": f"<html>关于第{n}号事项的通知</html>".encode("gb18030"),
        "fetched_at": NOON + timedelta(seconds=n),
        "kind": "detail",
        "via": "https://www.example.cn/tz/",
        "note": {"tls": "relaxed"},
    }
    return Capture(**{**values, **changes})  # type: ignore[arg-type]


def warcio_check(*files: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "warcio.cli", "check", "-v", *map(str, files)], capture_output=True, text=True, check=False
    )


def test_capture_reads_back_as_it_was(tmp_path: Path) -> None:
    captures = [capture(), capture(1, kind="import"), capture(2, status=0, headers=(), body=b"", note={"error": "域名不存在"})]
    with SnapshotWriter(tmp_path, 1 << 20) as writer:
        stored = [writer.write(c) for c in captures]
    assert [read_capture(tmp_path, s.warc_file, s.offset) for s in stored] == captures
    assert [s.payload_digest for s in stored] == [payload_digest(c.body) for c in captures]
    assert list(scan(tmp_path, stored[0].warc_file)) == list(zip(stored, captures, strict=True))


_text = st.text(max_size=40)
_names = _text | st.sampled_from(["Content-Length", "X-Original-Header", "x-original-content-encoding"])
_captures = st.builds(
    Capture,
    url=_text,
    status=st.one_of(st.integers(100, 599), st.just(0)),
    headers=st.lists(st.tuples(_text | st.sampled_from(["Content-Length", "X-Original-Header", "x-original-content-encoding"]), _text)).map(
        tuple
    ),
    body=st.binary(max_size=200),
    fetched_at=st.datetimes(timezones=st.just(UTC)),
    kind=st.sampled_from(["list", "detail", "attachment", "import", "robots", "error"]),
    via=st.none() | _text,
    note=st.dictionaries(_text, _text, max_size=3),
)


@given(_captures)
@settings(max_examples=200)
def test_any_capture_survives_encoding(given: Capture) -> None:
    assert decode(encode(given, payload_digest(given.body), None)[1]).capture == given


@given(st.lists(st.tuples(_text, _text)).map(tuple), st.integers(100, 599), st.integers(0, 1 << 40))
def test_no_header_breaks_out_of_its_line(headers: tuple[tuple[str, str], ...], status: int, length: int) -> None:
    head = http_head(status, headers, length)
    assert head.count(b"\r\n") == len(headers) + 3
    assert head.count(b"\n") == len(headers) + 3
    assert read_http_head(head) == (status, headers)


def test_record_states_true_length_and_keeps_the_original(tmp_path: Path) -> None:
    with SnapshotWriter(tmp_path, 1 << 20) as writer:
        stored = writer.write(capture())
    with (tmp_path / f"{stored.warc_file}.open").open("rb") as file:
        record = list(ArchiveIterator(file))[1]
    assert record.rec_headers.protocol == "WARC/1.1"
    assert record.http_headers.get_header("Content-Length") == str(len(capture().body))
    assert record.http_headers.get_header("X-Original-Content-Length") == "77"
    assert record.http_headers.get_header("X-Original-Content-Encoding") == "gzip"
    assert record.http_headers.get_header("Content-Encoding") is None


def test_repeated_payload_becomes_a_revisit(tmp_path: Path) -> None:
    kept: dict[str, tuple[str, datetime]] = {}
    with SnapshotWriter(tmp_path, 1 << 20, previous=kept.get) as writer:
        first = writer.write(capture())
        kept[first.payload_digest] = (capture().url, NOON)
        again = writer.write(capture(7, body=capture().body))
    assert (first.revisit, again.revisit) == (False, True)
    places = {first.payload_digest: (first.warc_file, first.offset)}
    assert read_capture(tmp_path, again.warc_file, again.offset, places.get) == capture(7, body=capture().body)
    with pytest.raises(DamageFound, match=f"offset {again.offset}: no record contains the payload"):
        read_capture(tmp_path, again.warc_file, again.offset)
    with (tmp_path / f"{again.warc_file}.open").open("rb") as file:
        record = list(ArchiveIterator(file))[2]
    assert record.rec_headers.get_header("WARC-Refers-To-Date") == "2026-03-01T04:00:00.123456Z"
    assert record.rec_headers.get_header("WARC-Refers-To-Target-URI") == capture().url


def test_files_rotate_and_every_one_passes_warcio(tmp_path: Path) -> None:
    with SnapshotWriter(tmp_path, 8000) as writer:
        stored = [writer.write(capture(n)) for n in range(60)]
    files = sorted(tmp_path.glob("*.warc.gz"))
    assert len(files) >= 3
    assert all(f.stat().st_size <= 8000 for f in files)
    manifests = [json.loads((f.parent / f"{f.name}.json").read_text()) for f in files]
    assert [m["length"] for m in manifests] == [f.stat().st_size for f in files]
    assert [m["previous"]["name"] for m in manifests[1:]] == [f.name for f in files[:-1]]
    checked = warcio_check(*files, *tmp_path.glob("*.open"))
    assert checked.returncode == 0, checked.stdout
    assert checked.stdout.count("digest pass") == 60 + len(files) + 1
    assert [read_capture(tmp_path, s.warc_file, s.offset) for s in stored] == [capture(n) for n in range(60)]
    assert list(verify_series(tmp_path)) == []


def test_captures_written_together_are_the_records_that_one_by_one_they_are(tmp_path: Path) -> None:
    captures = [capture(n, body=bytes([n]) * 300) for n in range(40)]
    places = []
    for name, sizes in (("one", [1] * 40), ("together", [0, 1, 25, 14])):
        (tmp_path / name).mkdir()
        rest = iter(captures)
        with SnapshotWriter(tmp_path / name, 9000) as writer:
            stored = [each for size in sizes for each in writer.write_all([next(rest) for _ in range(size)])]
        assert [read_capture(tmp_path / name, s.warc_file, s.offset) for s in stored] == captures
        assert list(verify_series(tmp_path / name)) == []
        places.append([s.warc_file for s in stored])
    assert places[0] == places[1]
    assert len(set(places[0])) > 2


def test_records_written_together_are_synced_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced = []
    with SnapshotWriter(tmp_path, 1 << 20) as writer:
        monkeypatch.setattr("pipeline.warc.lane.os.fsync", synced.append)
        writer.write_all([capture(n) for n in range(50)])
    assert len(synced) == 1


def test_fastwarc_reads_the_series(tmp_path: Path) -> None:
    fastwarc = pytest.importorskip("fastwarc", reason="FastWARC is not installed")
    with SnapshotWriter(tmp_path, 1 << 20) as writer:
        stored = [writer.write(capture(n)) for n in range(5)]
    with (tmp_path / f"{stored[0].warc_file}.open").open("rb") as file:
        read = [r.reader.read() for r in fastwarc.ArchiveIterator(file, parse_http=True) if r.headers["WARC-Type"] == "response"]
    assert read == [capture(n).body for n in range(5)]


def test_short_runs_share_one_file(tmp_path: Path) -> None:
    for n in range(20):
        with SnapshotWriter(tmp_path, 1 << 20) as writer:
            writer.write(capture(n))
    assert [p.name for p in tmp_path.glob("notices-*.open")] == ["notices-0-000001.warc.gz.open"]


def test_writers_at_once_use_lanes_of_their_own(tmp_path: Path) -> None:
    with SnapshotWriter(tmp_path, 1 << 20) as one, SnapshotWriter(tmp_path, 1 << 20) as two:
        assert one.write(capture()).warc_file == "notices-0-000001.warc.gz"
        assert two.write(capture(1)).warc_file == "notices-1-000001.warc.gz"
    assert list(verify_series(tmp_path)) == []


def test_full_disk_leaves_no_partial_record_and_writing_resumes(tmp_path: Path) -> None:
    kept = []
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    with SnapshotWriter(tmp_path, 1 << 30) as writer:
        kept.append(writer.write(capture()))
        for room in (1, 100, 700, 1500):
            limit = kept[-1].offset + kept[-1].length + room
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))
            try:
                with pytest.raises(DiskFull, match="no space left on the device of"):
                    writer.write(capture(room, body=random.Random(room).randbytes(5000)))
            finally:
                resource.setrlimit(resource.RLIMIT_FSIZE, before)
            assert (tmp_path / f"{kept[0].warc_file}.open").stat().st_size == limit - room
            kept.append(writer.write(capture(room)))
    assert [s for s, _ in scan(tmp_path, kept[0].warc_file)] == kept
    assert list(verify_series(tmp_path)) == []
    assert not (tmp_path / "quarantine").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting needs root")
def test_full_device_during_rotation_resumes(tmp_path: Path) -> None:
    device = tmp_path / "device"
    device.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(device)], check=False, capture_output=True).returncode:
        pytest.skip("this kernel lets nobody mount")
    stored = []
    try:
        ballast = device / "quarantine"
        ballast.mkdir()
        with SnapshotWriter(device, 6000) as writer:
            with pytest.raises(DiskFull):
                for n in range(2000):
                    stored.append(writer.write(capture(n, body=random.Random(n).randbytes(900))))
            assert list(verify_series(device)) == []
            subprocess.run(["mount", "-o", "remount,size=8m", str(device)], check=True)
            stored.append(writer.write(capture(3000)))
        found = {s for name in {s.warc_file for s in stored} for s, _ in scan(device, name)}
        assert found == set(stored)
        assert list(verify_series(device)) == []
    finally:
        subprocess.run(["umount", "-l", str(device)], check=True)


def test_read_only_folder_is_named(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        tmp_path.chmod(0o500)
        with pytest.raises(ArchiveUnwritable, match=str(tmp_path)):
            SnapshotWriter(tmp_path / "warc", 1 << 20)
        return
    (tmp_path / "warc").write_bytes(b"")  # root writes anywhere but into a file
    with pytest.raises(ArchiveUnwritable, match=str(tmp_path)):
        SnapshotWriter(tmp_path / "warc", 1 << 20)


def readable(folder: Path, stored: Stored) -> Capture | None:
    try:
        return read_capture(folder, stored.warc_file, stored.offset)
    except DamageFound:
        return None


def test_damaged_record_is_never_handed_out(tmp_path: Path) -> None:
    with SnapshotWriter(tmp_path, 1 << 20) as writer:
        stored = writer.write(capture())
    path = tmp_path / f"{stored.warc_file}.open"
    whole = path.read_bytes()
    passed = []
    for position in range(stored.offset, len(whole)):
        path.write_bytes(whole[:position] + bytes([whole[position] ^ 1]) + whole[position + 1 :])
        found = readable(tmp_path, stored)
        assert found in (None, capture())
        passed += [position - stored.offset] if found else []
    assert passed == [8, 9]  # compression effort and operating system in the gzip head: they bear on nothing
    path.write_bytes(whole)
    with pytest.raises(DamageFound, match="no record begins here"):
        read_capture(tmp_path, stored.warc_file, len(whole))
    with pytest.raises(DamageFound, match="missing"):
        read_capture(tmp_path, "notices-5-000001.warc.gz", 0)
    with pytest.raises(DamageFound, match="not the name"):
        read_capture(tmp_path, "../notices-0-000001.warc.gz", 0)


def test_names_of_hostile_servers_do_not_break_the_record(tmp_path: Path) -> None:
    nasty = capture(url="https://例子.cn/a b\r\nWARC-Type: x\ud800", headers=(("A: b\r\n\r\nHTTP/1.1", "x\0\r\ny"), ("", "公")))
    with SnapshotWriter(tmp_path, 1 << 20) as writer:
        stored = writer.write(nasty)
    assert read_capture(tmp_path, stored.warc_file, stored.offset) == nasty
    assert warcio_check(tmp_path / f"{stored.warc_file}.open").returncode == 0
