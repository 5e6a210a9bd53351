"""Our reading of pages beside trafilatura and GNE: the shared labelled pages, the shared scoring tool, one run, one table;
then every detail page of the mirrored sites beside hand-written selectors (site_pages).

`python -m benchmarks.reading.accuracy [SHARED]`; SHARED defaults to $NOTICES_SHARED or ../shared. Speed is CPU time of one process, warm,
each page's best of five rounds, on the detail pages alone: the others do not read lists.
"""

from __future__ import annotations

import contextlib
import gc
import io
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.reading import site_pages
from crawler.list_page import read_list
from notices.text.html import decode
from pipeline.parse.detail import read_detail

ROUNDS = 5
Row = dict[str, Any]
Reader = Callable[[bytes, str], Row]


def main(argv: list[str]) -> int:
    """Print the table. Exit status 2 when the labelled pages are missing."""
    shared = Path(argv[1] if len(argv) > 1 else os.environ.get("NOTICES_SHARED") or Path(__file__).resolve().parents[3] / "shared")
    tool, pages = shared / "tools" / "score_pages.py", shared / "data" / "pages"
    if not tool.is_file():
        print(f"no labelled pages at {shared}; set NOTICES_SHARED", file=sys.stderr)
        return 2
    rows = _manifest(tool, pages)
    readers = _readers()
    marks: dict[str, dict[str, list[float]]] = {}
    for name, reader in readers.items():
        results = _read(rows, reader)
        if name == "notices":
            listed = [row for row in rows if row["kind"] == "list"]
            results += [{"id": row["id"], **msgspec.to_builtins(read_list(_body(row), row["url"]))} for row in listed]
        marks[name] = _score(tool, pages, results)
    _print(marks, _speeds(rows, readers))
    print()
    return site_pages.main([str(shared)])


def scores(shared: Path) -> dict[str, list[float]]:
    """Our own marks on the labelled detail pages, by name: share and count."""
    tool, pages = shared / "tools" / "score_pages.py", shared / "data" / "pages"
    return _score(tool, pages, _read(_manifest(tool, pages), _ours))


def _manifest(tool: Path, pages: Path) -> list[Row]:
    printed = subprocess.run([sys.executable, str(tool), str(pages), "--manifest"], capture_output=True, text=True, check=True)
    return [json.loads(line) for line in printed.stdout.splitlines()]


def _body(row: Row) -> bytes:
    return Path(row["file"]).read_bytes()


def _readers() -> dict[str, Reader]:
    """Every reader that is installed; the bench dependencies bring the two peers."""
    readers: dict[str, Reader] = {"notices": _ours}
    for name, made in (("trafilatura", _trafilatura), ("GNE", _gne)):
        try:
            readers[name] = made()
        except ImportError as error:
            print(f"{name} is not installed ({error}): make eval installs it", file=sys.stderr)
    return readers


def _ours(body: bytes, url: str) -> Row:
    made: Row = msgspec.to_builtins(read_detail(body, url))
    return made


def _trafilatura() -> Reader:
    from trafilatura import bare_extraction

    def read(body: bytes, url: str) -> Row:
        found = bare_extraction(body, url=url, with_metadata=True, include_comments=False)
        if found is None:
            return {}
        row = found.as_dict()
        return {"title": row["title"], "published_date": row["date"], "text": row["text"], "issuer": row["author"]}

    return read


def _gne() -> Reader:
    from gne import GeneralNewsExtractor

    extractor = GeneralNewsExtractor()

    def read(body: bytes, url: str) -> Row:
        found = extractor.extract(decode(body)[0], host=url)
        return {"title": found["title"], "published_date": _day(found["publish_time"]), "text": found["content"], "issuer": found["author"]}

    return read


def _day(text: str) -> str | None:
    """The ISO day of a time stamp, as a kind reader of GNE would take it."""
    digits = text.replace("年", "-").replace("月", "-").replace("日", " ").replace("/", "-").replace(".", "-").split()
    try:
        year, month, day = map(int, digits[0].split("-"))
        return date(year, month, day).isoformat()
    except (IndexError, ValueError):
        return None


def _read(rows: list[Row], reader: Reader) -> list[Row]:
    """The results for the detail pages."""
    return [{"id": row["id"], **_safely(reader, _body(row), row["url"])} for row in rows if row["kind"] == "detail"]


def _speeds(rows: list[Row], readers: dict[str, Reader]) -> dict[str, float]:
    """Detail pages a second of each reader: the sum of every page's best round, the readers taking turns round by round, so that a busy machine hurts all."""
    pages = [(_body(row), row["url"]) for row in rows if row["kind"] == "detail"]
    best = {name: [float("inf")] * len(pages) for name in readers}
    for _ in range(ROUNDS):
        for name, reader in readers.items():
            gc.collect()
            for n, (body, url) in enumerate(pages):
                start = time.process_time()
                with contextlib.suppress(Exception), contextlib.redirect_stderr(io.StringIO()):
                    reader(body, url)
                best[name][n] = min(best[name][n], time.process_time() - start)
    return {name: len(pages) / sum(times) for name, times in best.items()}


def _safely(reader: Reader, body: bytes, url: str) -> Row:
    """What the reader makes of a page; a crash reads nothing (GNE raises on some pages)."""
    try:
        return reader(body, url)
    except Exception as error:
        print(f"{url}: {error!r}"[:200], file=sys.stderr)
        return {}


def _score(tool: Path, pages: Path, results: list[Row]) -> dict[str, list[float]]:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "results.jsonl"
        file.write_text("\n".join(json.dumps(row, ensure_ascii=False, default=str) for row in results), encoding="utf-8")
        printed = subprocess.run([sys.executable, str(tool), str(pages), str(file)], capture_output=True, text=True, check=True)
    lines = printed.stdout.splitlines()
    print("\n".join(line for line in lines if ": " in line and not line.startswith(("{", "detail.", "list."))), file=sys.stderr)
    made: dict[str, list[float]] = json.loads(lines[-1])
    return made


def _print(marks: dict[str, dict[str, list[float]]], speeds: dict[str, float]) -> None:
    names = list(marks)
    print(f"{'':32s}{'pages':>6s}" + "".join(f"{name:>13s}" for name in names))
    for mark, (_, count) in marks[names[0]].items():
        lists = mark.startswith("list.")
        cells = [f"{marks[name][mark][0]:13.3f}" if name == names[0] or not lists else f"{'-':>13s}" for name in names]
        print(f"{mark:32s}{count:6.0f}" + "".join(cells))
    print(f"{'detail pages a second':32s}{'':6s}" + "".join(f"{speeds[name]:13.1f}" for name in names))


if __name__ == "__main__":
    sys.exit(main(sys.argv))
