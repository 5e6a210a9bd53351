"""What one more notice costs as an archive on PostgreSQL and OpenSearch grows: CPU of the command and of both servers, and the time that passed.

`python -m benchmarks.costs.cluster [--sizes 10000,100000] [--corpus FOLDER]`, in the environment of `make cluster`.

At each size 1,000 notices of 1,350 characters are imported, three times, by `notices import`: read, archived in WARC, stored, indexed. What the archive
grows by in between is made by the server from its own rows, with whole texts; the index is filled with documents of the same ids and 150 characters.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from benchmarks.costs.grown_server import grow
from benchmarks.costs.measures import cost
from benchmarks.search_corpus import documents, sentences
from index.engine import Document
from index.engines import open_engine
from notices.archive_id import Owner, read_marker
from notices.config import load_config
from operations.preserve.alias_file import refresh_aliases
from pipeline.sql.changes import newest_change
from pipeline.sql.database import open_database
from tests.support.archive_home import Home
from tests.support.opensearch.nodes import Nodes
from tests.support.postgres_server import running_server

BASE, MORE, TIMES, SHORT = 1_000, 1_000, 3, 150
_TICK = 100.0  # of /proc, a second


class Figures(NamedTuple):
    """Milliseconds a notice: CPU of the command, of PostgreSQL and of OpenSearch, and the time that passed."""

    size: int
    command: float
    database: float
    search: float
    passed: float

    @property
    def cpu(self) -> float:
        """CPU of all three."""
        return self.command + self.database + self.search


@dataclass
class _Archive:
    """The archive under measure, its servers' processes, and the notices that are still to come."""

    home: Home
    postmaster: int
    java: int
    coming: Iterator[Document]
    corpus: Path | None

    def lines(self, count: int) -> Path:
        """A file of the next notices."""
        file = self.home.path / "lines.jsonl"
        with file.open("w", encoding="utf-8") as handle:
            for each in islice(self.coming, count):
                line = {name: getattr(each, name) for name in ("url", "title", "text", "issuer", "document_number", "source")}
                line["published_date"] = each.published_date.isoformat() if each.published_date else None
                handle.write(json.dumps(line, ensure_ascii=False) + "\n")
        return file

    def measured(self, size: int) -> Figures:
        """What an import of MORE notices costs now, each."""
        file, servers, began = self.lines(MORE), (_cpu(self.postmaster), _cpu(self.java)), time.monotonic()
        client = cost(self.home.command("import", str(file), "--no-progress"), self.home.environment).seconds
        passed = time.monotonic() - began
        after = _cpu(self.postmaster), _cpu(self.java)
        return Figures(size, *(1000 * each / MORE for each in (client, after[0] - servers[0], after[1] - servers[1], passed)))

    def grow_to(self, notices: int) -> None:
        """Grow rows and index."""
        config = load_config(self.home.environment)
        database = open_database(config)
        if notices > (present := _count(self.home)):
            grow(database, notices)
        engine = open_engine(config.index, write=True, owner=Owner(read_marker(config.home), config.home))
        seq = newest_change(database)
        texts = documents(10_000, sentences(self.corpus))
        kept = [each._replace(text=each.text[:SHORT]) for each in texts]
        engine.write(
            kept[n % len(kept)]._replace(id=n, revision=1, url=f"http://a.example/{n}", seq=seq)
            for n in range(present + 1, _count(self.home) + 1)
        )
        engine.close()
        refresh_aliases(config, database)
        database.dispose()


def measured(folder: Path, sizes: list[int], corpus: Path | None = None) -> Iterator[Figures]:
    """The median of TIMES imports at each size, as it is known."""
    nodes = Nodes(folder / "nodes", 1)
    with running_server(fsync=True) as server:
        try:
            nodes.start()
            home = Home(folder / "home")
            home.path.mkdir(parents=True)
            home.environment |= {"NOTICES_DATABASE": server.create("grown"), "NOTICES_INDEX": nodes.url("grown", shards=1)}
            process = nodes.nodes[0].process
            assert process is not None
            archive = _Archive(home, server.pid, process.pid, documents(100_000, sentences(corpus)), corpus)
            home.run("import", str(archive.lines(BASE)), "--no-progress")
            for size in sizes:
                began = time.monotonic()
                archive.grow_to(size)
                print(f"grown to {_count(home):,} in {time.monotonic() - began:.0f} s", flush=True)
                found = [archive.measured(size) for _ in range(TIMES)]
                print(*found, sep="\n", flush=True)
                yield Figures(size, *(statistics.median(each[at] for each in found) for at in range(1, 5)))
        finally:
            nodes.stop()


def _count(home: Home) -> int:
    config = load_config(home.environment)
    database = open_database(config)
    with database.connect() as connection:
        count = int(connection.exec_driver_sql("select max(id) from notice").scalar_one())
    database.dispose()
    return count


def _cpu(pid: int) -> float:
    """CPU seconds of a process and of its children, those that live and those that have ended."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
    own = sum(int(word) for word in fields[11:15]) / _TICK
    living = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    return own + sum(_cpu(int(child)) for child in living)


def table(found: list[Figures]) -> str:
    """The figures as rows, each against the first."""
    rows = ["| notices | command | PostgreSQL | OpenSearch | CPU in all | of the first | time |", "|---|---|---|---|---|---|---|"]
    for each in found:
        values = (each.command, each.database, each.search, each.cpu)
        rows.append(
            f"| {each.size:,} | {' | '.join(f'{value:.1f}' for value in values)} | {each.cpu / found[0].cpu:.2f} × | {each.passed:.1f} ms |"
        )
    return "\n".join(rows)


def main() -> int:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="10000,100000,300000,1000000")
    parser.add_argument("--corpus", type=Path)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        print(table(list(measured(Path(folder), [int(size) for size in asked.sizes.split(",")], asked.corpus))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
