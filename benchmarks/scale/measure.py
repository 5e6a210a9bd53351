"""Costs that no other benchmark measures: what PostgreSQL and OpenSearch spend on a notice. Needs both, as `make cluster` does.

`python -m benchmarks.scale measure [--notices 1000] [--documents 10000] [--corpus FOLDER]`
"""

from __future__ import annotations

import time
from itertools import islice
from pathlib import Path

from benchmarks.costs.measures import cost, paged_site
from benchmarks.search_corpus import documents, sentences
from index.engines import open_engine
from tests.support.archive_home import Home
from tests.support.opensearch.nodes import Nodes
from tests.support.postgres_server import PostgresServer, running_server
from tests.support.site_server import serving

_TICK = 100.0  # of /proc, a second


def cpu_of(pid: int) -> float:
    """CPU seconds of a process and its children, those that live and those that have ended."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
    living = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    return sum(int(word) for word in fields[11:15]) / _TICK + sum(cpu_of(int(child)) for child in living)


def database(folder: Path, notices: int) -> list[str]:
    """A crawl of one notice and of many into PostgreSQL with fsync; the difference, by notice."""
    with running_server(fsync=True) as server:
        first, last = (_crawl(server, folder / f"home{count}", count) for count in (1, notices))
    more = notices - 1
    names = ("transactions open, ms", "server CPU, ms", "crawl CPU, ms", "database, bytes", "WARC, bytes", "time, ms")
    return [f"a crawled notice, {name}: {(b - a) / more:,.2f}" for name, a, b in zip(names, first, last, strict=True)]


def _crawl(server: PostgresServer, folder: Path, notices: int) -> tuple[float, ...]:
    name, home = f"crawl{notices}", Home(folder)
    home.path.mkdir(parents=True)
    home.environment["NOTICES_DATABASE"] = server.create(name)
    home.environment["NOTICES_INDEX"] = "tantivy:tantivy"
    home.run("index", check=None)
    with serving(paged_site(notices)) as site:
        source = home.source(site.base)
        source.write_text(source.read_text(encoding="utf-8").replace("delay = 0.01", "delay = 0.001"), encoding="utf-8")
        before, began = (_open_time(server, name), cpu_of(server.pid)), time.monotonic()
        crawl = cost(home.command("crawl"), home.environment)
        passed = 1000 * (time.monotonic() - began)
    time.sleep(2)  # the statistics of ended sessions
    after = _open_time(server, name), cpu_of(server.pid)
    size = float(server.psql(["-c", f"select pg_database_size('{name}')"]))
    warc = sum(file.stat().st_size for file in (home.path / "warc").iterdir() if ".warc.gz" in file.name)
    return after[0] - before[0], 1000 * (after[1] - before[1]), 1000 * crawl.seconds, size, warc, passed


def _open_time(server: PostgresServer, name: str) -> float:
    """Milliseconds in which transactions were open: at work, or waiting for the program between two statements."""
    words = f"select coalesce(sum(active_time + idle_in_transaction_time), 0) from pg_stat_database where datname = '{name}'"
    return float(server.psql(["-c", words]) or 0)


def search(folder: Path, count: int, corpus: Path | None) -> list[str]:
    """Documents of 1,350 characters into one node of OpenSearch: CPU of the node and of the program, bytes of the index."""
    nodes = Nodes(folder / "nodes", 1)
    try:
        nodes.start()
        process = nodes.nodes[0].process
        assert process is not None
        engine = open_engine(nodes.url("scale", shards=1), write=True)
        made = documents(3 * count, sentences(corpus))
        engine.write(islice(made, count))  # the virtual machine compiles what runs often
        before, began, own = cpu_of(process.pid), time.monotonic(), time.process_time()
        engine.write(islice(made, count))
        found = [cpu_of(process.pid) - before, time.process_time() - own, time.monotonic() - began]
        engine.close()
        nodes.ask("/_flush")
        stats = nodes.ask("/_stats/store,docs")
    finally:
        nodes.stop()
    primaries = stats["_all"]["primaries"]  # type: ignore[index]
    names = ("node CPU, ms", "program CPU, ms", "time, ms")
    told = [f"an indexed document, {name}: {1000 * value / count:,.2f}" for name, value in zip(names, found, strict=True)]
    return [
        *told,
        f"an indexed document, bytes: {primaries['store']['size_in_bytes'] / (2 * count):,.0f} ({primaries['docs']['count']:,} documents)",
    ]
