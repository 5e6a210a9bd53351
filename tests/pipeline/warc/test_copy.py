"""A copy taken while writers are at work holds what was acknowledged before, and verifies."""

from __future__ import annotations

from pathlib import Path

import pytest

from notices.errors import ArchiveUnwritable, DamageFound
from pipeline.warc.copy import copy_series
from pipeline.warc.series import SnapshotWriter, read_capture, verify_series
from tests.pipeline.warc.test_lane import contents, start_writer
from tests.pipeline.warc.test_series import capture


def test_copy_during_writing_and_rotation_verifies(tmp_path: Path) -> None:
    series = tmp_path / "warc"
    with SnapshotWriter(series, 4000) as writer:
        stored = [writer.write(capture(n)) for n in range(30)]
    writers = [start_writer(series, n * 1000, 400) for n in range(1, 3)]
    copies = []
    while any(w.poll() is None for w in writers) or len(copies) < 3:
        before = set(contents(series)) if len(copies) % 8 == 0 else set()
        copies.append(tmp_path / f"copy{len(copies)}")
        size = copy_series(series, copies[-1])
        assert size == sum(p.stat().st_size for p in copies[-1].iterdir() if p.suffix in (".gz", ".open"))
        assert before <= set(contents(copies[-1]))
    for w in writers:
        w.communicate()
    assert [list(verify_series(copy)) for copy in copies] == [[]] * len(copies)
    assert [read_capture(copies[-1], s.warc_file, s.offset) for s in stored] == [capture(n) for n in range(30)]
    with SnapshotWriter(copies[0], 4000) as writer:  # a copy is a series: it can be continued
        writer.write(capture(77))
    assert list(verify_series(copies[0])) == []


def test_copy_refuses_a_used_target_and_a_lost_tail(tmp_path: Path) -> None:
    with SnapshotWriter(tmp_path / "warc", 4000) as writer:
        stored = writer.write(capture())
    (tmp_path / "used").mkdir()
    with pytest.raises(ArchiveUnwritable, match="used"):
        copy_series(tmp_path / "warc", tmp_path / "used")
    (tmp_path / "warc" / f"{stored.warc_file}.tail").unlink()
    with pytest.raises(DamageFound, match="tail"):
        copy_series(tmp_path / "warc", tmp_path / "new")
