"""A writer killed at any moment loses nothing that it acknowledged, and the next one goes on without hands."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from pipeline.warc.series import SnapshotWriter, read_capture, scan, settle, verify_series, warc_files
from tests.conftest import Figure
from tests.pipeline.warc.test_series import capture, warcio_check

ROOT = Path(__file__).parents[3]
_WRITER = """
import sys, random, os
from pathlib import Path
from pipeline.warc.series import SnapshotWriter
from tests.conftest import Figure
from tests.pipeline.warc.test_series import capture
folder, first, count = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
with SnapshotWriter(folder, 30_000) as writer:
    for n in range(first, first + count):
        s = writer.write(capture(n, body=random.Random(n).randbytes(1 << random.Random(n).randrange(6, 14))))
        os.write(1, f"{n} {s.warc_file} {s.offset} {s.length}\\n".encode())
"""


def start_writer(folder: Path, first: int, count: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", _WRITER, str(folder), str(first), str(count)], stdout=subprocess.PIPE, cwd=ROOT)


def acknowledged(output: bytes) -> list[tuple[int, str, int]]:
    lines = [line.split() for line in output.decode().splitlines(keepends=True) if line.endswith("\n")]
    return [(int(n), name, int(offset)) for n, name, offset, _ in lines]


def contents(folder: Path) -> list[tuple[str, int, str]]:
    names = sorted({p.name.removesuffix(".open") for p in folder.iterdir() if p.name.endswith((".gz", ".open"))})
    return [(s.warc_file, s.offset, c.url) for name in names for s, c in scan(folder, name)]


def write_records(folder: Path, first: int, count: int, told: Connection) -> None:
    """Write records and tell of each; for a process that is to be killed, forked from one that has imported all this."""
    with SnapshotWriter(folder, 30_000) as writer:
        for n in range(first, first + count):
            s = writer.write(capture(n, body=random.Random(n).randbytes(1 << random.Random(n).randrange(6, 14))))
            told.send_bytes(f"{n} {s.warc_file} {s.offset} {s.length}\n".encode())


def killed_writer(folder: Path, first: int, seconds: float) -> bytes:
    """Kill a writer that long after its first record; what it told."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    hears, told = context.Pipe(duplex=False)
    writer = context.Process(target=write_records, args=(folder, first, 1000, told))
    writer.start()
    told.close()
    said = [hears.recv_bytes()]
    time.sleep(seconds)
    writer.kill()
    with contextlib.suppress(EOFError):
        while True:
            said.append(hears.recv_bytes())
    hears.close()
    writer.join()
    assert writer.exitcode == -signal.SIGKILL
    writer.close()
    return b"".join(said)


def kill_writers(folder: Path, kills: int, seed: int) -> int:
    """Kill that many writers one after another at random moments and check what is left; returns how many records were acknowledged."""
    rng, kept = random.Random(seed), []
    for run in range(kills):
        kept += acknowledged(killed_writer(folder, run * 1000, rng.uniform(0, 0.15)))
        assert list(verify_series(folder)) == []  # an incomplete end is not damage
    with SnapshotWriter(folder, 30_000) as after:
        last = after.write(capture(99_999))
    assert list(verify_series(folder)) == []
    found = contents(folder)
    assert {(name, offset, capture(n).url) for n, name, offset in kept} <= set(found)
    assert len({url for *_, url in found}) == len(found)  # nothing twice
    assert len(found) - len(kept) <= kills + 1  # at most the one record in flight at each kill, and the last
    assert (last.warc_file, last.offset, capture(99_999).url) in found
    assert {name.split("-")[1] for name, *_ in found} == {"0"}
    checked = warcio_check(*folder.glob("*.gz"), *folder.glob("*.open"))
    assert checked.returncode == 0, checked.stdout
    return len(kept)


def test_killed_writers_lose_nothing_acknowledged(tmp_path: Path) -> None:
    assert kill_writers(tmp_path, 20, seed=4) >= 20


@pytest.mark.faults
@pytest.mark.timeout(3600)
def test_three_hundred_kills_lose_nothing_acknowledged(tmp_path: Path, figure: Figure) -> None:
    kept = sum(kill_writers(tmp_path / str(seed), 20, seed) for seed in range(15))
    figure("kill -9 of a WARC writer", 300, f"{kept} records acknowledged, lost 0, twice 0")
    assert kept >= 300


def test_three_processes_write_at_once_while_verify_reads(tmp_path: Path) -> None:
    writers = [start_writer(tmp_path, n * 1000, 300) for n in range(3)]
    rounds, alarms = 0, []
    while any(w.poll() is None for w in writers) or rounds < 3:
        alarms += list(verify_series(tmp_path))
        rounds += 1
    kept = [line for w in writers for line in acknowledged(w.communicate()[0])]
    assert alarms == []
    assert len(kept) == 900
    assert sorted(contents(tmp_path)) == sorted((name, offset, capture(n).url) for n, name, offset in kept)


def test_incomplete_end_is_cut_at_the_last_whole_record(tmp_path: Path) -> None:
    made = tmp_path / "made"
    with SnapshotWriter(made, 1 << 20) as writer:
        one = writer.write(capture(1))
        tail = (made / f"{one.warc_file}.tail").read_bytes()  # as it was before the second record
        two = writer.write(capture(2, body=b"short"))
    whole = (made / f"{one.warc_file}.open").read_bytes()
    for cut in range(two.offset, two.offset + two.length + 1):
        folder = tmp_path / "torn"
        shutil.copytree(made, folder)
        path = folder / f"{one.warc_file}.open"
        path.write_bytes(whole[:cut])
        (folder / f"{one.warc_file}.tail").write_bytes(tail)
        assert list(verify_series(folder)) == []
        for _ in range(2):  # a second recovery changes nothing
            SnapshotWriter(folder, 1 << 20).close()
            expected = whole if cut == len(whole) else whole[: two.offset]
            assert path.read_bytes() == expected
            kept = b"".join(p.read_bytes() for p in folder.glob("quarantine/*"))
            assert kept == whole[len(expected) : cut]
        assert list(verify_series(folder)) == []
        shutil.rmtree(folder)


def test_settle_recovers_every_free_lane_and_no_other(tmp_path: Path) -> None:
    with SnapshotWriter(tmp_path, 1 << 20) as one, SnapshotWriter(tmp_path, 1 << 20) as two:
        stored = [one.write(capture(1)), two.write(capture(2))]
    opened = [tmp_path / f"{s.warc_file}.open" for s in stored]
    for path in opened:
        path.write_bytes(path.read_bytes() + b"\x1f\x8b\x08torn")
    with SnapshotWriter(tmp_path, 1 << 20):  # recovers and keeps lane 0
        opened[0].write_bytes(opened[0].read_bytes() + b"in flight")
        settle(tmp_path)
        assert opened[0].read_bytes().endswith(b"in flight")
    assert opened[1].stat().st_size == stored[1].offset + stored[1].length
    assert warc_files(tmp_path) == [s.warc_file for s in stored]
    assert len(list(tmp_path.glob("quarantine/*"))) == 2
    assert not (tmp_path / "lane-2.lock").exists()


def test_lost_tail_file_is_made_again(tmp_path: Path) -> None:
    with SnapshotWriter(tmp_path, 1 << 20) as writer:
        stored = [writer.write(capture(n)) for n in range(5)]
    tail = tmp_path / f"{stored[0].warc_file}.tail"
    before = tail.read_bytes()
    tail.write_bytes(b"\0" * 512)  # as after a power cut
    assert [d.kind for d in verify_series(tmp_path)] == ["tail"]
    SnapshotWriter(tmp_path, 1 << 20).close()
    assert tail.read_bytes() == before
    assert list(verify_series(tmp_path)) == []


def test_open_file_shorter_than_promised_is_set_aside_not_continued(tmp_path: Path) -> None:
    with SnapshotWriter(tmp_path, 1 << 20) as writer:
        stored = [writer.write(capture(n)) for n in range(5)]
    path = tmp_path / f"{stored[0].warc_file}.open"
    path.write_bytes(path.read_bytes()[: stored[4].offset])
    with SnapshotWriter(tmp_path, 1 << 20) as writer:
        assert writer.write(capture(9)).warc_file == "notices-0-000002.warc.gz"
    assert [(d.kind, d.file) for d in verify_series(tmp_path)] == [("sealed-damaged", stored[0].warc_file)]
    assert [read_capture(tmp_path, s.warc_file, s.offset) for s in stored[:4]] == [capture(n) for n in range(4)]


class Killed(BaseException):
    """Stands for a power cut: nothing after it runs."""


@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
@pytest.mark.parametrize("k", range(18))
def test_rotation_cut_between_any_two_steps_is_finished(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, k: int, before: bool) -> None:
    """The k-th durable step of a rotation is the last thing that happens."""
    writer = SnapshotWriter(tmp_path, 3000)
    stored = [writer.write(capture(0))]
    while stored[-1].offset + 2 * stored[-1].length <= 3000:
        stored.append(writer.write(capture(len(stored))))
    left = [k]

    def cut(step):  # type: ignore[no-untyped-def]
        def run(*args, **kwargs):  # type: ignore[no-untyped-def]
            if left[0] < 0 or (left[0] == 0 and before):
                left[0] = -1
                raise Killed
            result = step(*args, **kwargs)
            left[0] -= 1
            if left[0] < 0:
                raise Killed
            return result

        return run

    with monkeypatch.context() as patch:
        for name in ("fsync", "replace", "pwrite", "ftruncate"):
            patch.setattr(os, name, cut(getattr(os, name)))
        patch.setattr(Path, "unlink", cut(Path.unlink))
        with contextlib.suppress(Killed):
            stored.append(writer.write(capture(77, body=random.Random(1).randbytes(1500))))
    assert left[0] < 0, "the rotation has fewer steps than this test cuts at"
    writer.close()
    assert list(verify_series(tmp_path)) == []
    with SnapshotWriter(tmp_path, 3000) as after:
        stored.append(after.write(capture(88)))
    assert list(verify_series(tmp_path)) == []
    found = contents(tmp_path)
    assert {(s.warc_file, s.offset) for s in stored} <= {(name, offset) for name, offset, _ in found}
    assert len({url for *_, url in found}) == len(found)


def test_tail_whose_writing_was_cut_anywhere_is_no_damage(tmp_path: Path) -> None:
    before = tmp_path / "before"
    with SnapshotWriter(before, 1 << 20) as writer:
        writer.write(capture(1))
        (path,) = before.glob("*.tail")
        old = path.read_bytes()
        writer.write(capture(2))
    new = path.read_bytes()
    assert sum(1 for a, b in zip(old, new, strict=True) if a != b) > 60
    for cut in range(0, len(new), 7):
        folder = tmp_path / f"cut{cut}"
        shutil.copytree(before, folder)
        (folder / path.name).write_bytes(new[:cut] + old[cut:])
        with SnapshotWriter(folder, 1) as after:
            after.write(capture(3))
            after.write(capture(4))  # seals what was open
        assert list(verify_series(folder)) == []
        assert [url for _, _, url in contents(folder) if url][:2] == [capture(1).url, capture(2).url]


def test_tail_of_an_earlier_version_is_read(tmp_path: Path) -> None:
    with SnapshotWriter(tmp_path, 1 << 20) as writer:
        writer.write(capture(1))
    (path,) = tmp_path.glob("*.tail")
    tail = path.read_bytes()
    path.write_bytes((tail[: tail.index(b',"check"')] + b"}").ljust(511) + b"\n")
    assert list(verify_series(tmp_path)) == []
    with SnapshotWriter(tmp_path, 1 << 20) as writer:
        writer.write(capture(2))
    assert b'"check"' in path.read_bytes()
    assert list(verify_series(tmp_path)) == []
