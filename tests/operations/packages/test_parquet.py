"""A Parquet file of notices: the rows of an export with types, whole or without a footer, in constant memory; on the web in pieces."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from arro3.io import read_parquet

from notices.errors import DamageFound
from operations.packages import parquet
from operations.read import export
from tests.support.quick_home import QuickHome
from tests.support.reading_room import archive_in, reading_room

FOOTER = b"PAR1"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> QuickHome:
    return archive_in(tmp_path_factory.mktemp("parquet"))


def read(data: bytes) -> list[dict[str, Any]]:
    """The rows of a file."""
    table = read_parquet(io.BytesIO(data)).read_all()
    columns = {name: table.column(name).to_pylist() for name in table.column_names}
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def row(n: int, text: str = "各县区人民政府") -> dict[str, object]:
    file = {"name": f"附件{n}.xlsx", "url": None, "media_type": None, "outcome": "ok", "digest": None, "pages": ["第一页", ""]}
    plain = dict.fromkeys(export.COLUMNS) | {"id": n, "revision": 1, "title": f"通知{n}\ud800\u2028", "published_date": "2024-03-01"}
    return {**plain, "first_seen_at": "2024-03-01T10:00:00.123456+00:00", "addressees": ["各县区"], "text": text, "attachments": [file]}


def test_it_contains_what_json_lines_contain(home: QuickHome, tmp_path: Path) -> None:
    out = tmp_path / "all.parquet"
    assert "5 notices" in home.run("export", "--all", "--format", "parquet", "-o", str(out)).stdout
    *wanted, _end = map(json.loads, home.run("export", "--all").stdout.splitlines())
    found = read(out.read_bytes())
    assert [each["published_date"] for each in found] == [date.fromisoformat(each["published_date"]) for each in wanted]
    assert json.loads(json.dumps([each["text"] for each in found])) == [each["text"] for each in wanted]
    assert all(set(one) == set(other) for one, other in zip(found, wanted, strict=True))
    assert [each["id"] for each in found] == [1, 2, 3, 4, 5]
    assert "13912345678" not in str(found)
    assert home.run("export", "汛前检查", "--format", "parquet", "-o", str(out)).stdout.endswith("2 notices\n")
    home.run("export", "鱿鱼圈圈河", "--format", "parquet", "-o", str(out))
    assert read(out.read_bytes()) == []


def test_nested_values_and_half_characters() -> None:
    out = io.BytesIO()
    assert parquet.write_parquet((row(n) for n in range(1, 1203)), out.write) == 1202
    found = read(out.getvalue())
    assert [each["id"] for each in found] == list(range(1, 1203))
    assert found[7]["title"] == "通知8?\u2028"
    assert found[0]["attachments"] == [row(1)["attachments"][0]]  # type: ignore[index]
    assert found[0]["first_seen_at"].isoformat() == "2024-03-01T10:00:00.123456+00:00"


def test_a_file_that_broke_off_has_no_footer() -> None:
    def found() -> Iterator[export.Row]:
        yield from (row(n) for n in range(1, 1101))
        raise DamageFound("row 1101")

    out = io.BytesIO()
    with pytest.raises(DamageFound, match="1101"):
        parquet.write_parquet(found(), out.write)
    assert len(out.getvalue()) > len(FOOTER)
    assert not out.getvalue().endswith(FOOTER)
    kept = bytearray()
    with pytest.raises(DamageFound, match="1101"):
        for piece in parquet.parquet_pieces(found()):
            kept += piece


def test_an_error_of_writing_ends_it(capfd: pytest.CaptureFixture[str]) -> None:
    read_rows = []

    def found() -> Iterator[export.Row]:
        for n in range(1, 100_000):
            read_rows.append(n)
            yield row(n)

    def write(_data: bytes) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        parquet.write_parquet(found(), write)
    assert len(read_rows) < 2000
    assert capfd.readouterr().err == ""


def test_pieces_make_the_same_file_and_nobody_makes_them_for_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "_GROUP", 50)
    monkeypatch.setattr(parquet, "_PIECE", 1000)
    rows = [row(n, f"{n}" * 30) for n in range(1, 700)]
    out = io.BytesIO()
    parquet.write_parquet(rows, out.write)
    assert b"".join(parquet.parquet_pieces(iter(rows))) == out.getvalue()
    taken = []

    def endless() -> Iterator[export.Row]:
        for n in range(1, 10_000_000):
            taken.append(n)
            yield row(n)

    pieces = parquet.parquet_pieces(endless())
    next(pieces)
    pieces.close()  # type: ignore[attr-defined]
    for _ in range(600):
        if not [thread for thread in threading.enumerate() if thread.name == "parquet"]:
            break
        time.sleep(0.05)
    else:
        pytest.fail("the file is still being made")
    assert len(taken) < 10_000_000 - 1


def test_memory_does_not_grow_with_the_number_of_notices() -> None:
    peaks = [
        int(subprocess.run([sys.executable, "-c", _MEASURE, str(count)], capture_output=True, text=True, check=True).stdout)
        for count in (600, 2400)
    ]
    assert peaks[1] < peaks[0] + 30_000  # kB; the texts between have 130 MB


_MEASURE = """
import resource, sys
from operations.packages.parquet import write_parquet
from operations.read.export import COLUMNS
def row(n):
    return dict.fromkeys(COLUMNS) | {"id": n, "revision": 1, "addressees": [], "text": f"{n}河道巡查" * 4500, "attachments": []}
write_parquet(map(row, range(int(sys.argv[1]))), lambda data: None)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def test_the_web_hands_out_the_same(home: QuickHome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with reading_room(home) as room:
        answer = room.get("/export?all=1&format=parquet")
        assert answer.headers["content-type"] == parquet.MEDIA_TYPE
        assert [each["id"] for each in read(answer.content)] == [1, 2, 3, 4, 5]
        assert len(read(room.get("/export?q=汛前检查&format=parquet").content)) == 2
        assert "format=parquet" in room.get("/search?q=河道").text
        monkeypatch.setattr(parquet, "is_installed", lambda: False)
        assert "format=parquet" not in room.get("/search?q=检查").text
        assert room.get("/export?all=1&format=parquet").status_code == 400


def test_without_the_extra_one_sentence(home: QuickHome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "is_installed", lambda: False)
    out = tmp_path / "x.parquet"
    assert "notices-archive[parquet]" in home.run("export", "--all", "--format", "parquet", "-o", str(out), check=2).stderr
    assert not out.exists()
    assert "-o FILE.parquet" in home.run("export", "--all", "--format", "parquet", check=2).stderr
