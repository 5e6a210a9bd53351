"""The inputs of the simulation: costs of one thing each, with where it was measured, and assumptions, which say so."""

from __future__ import annotations

from typing import NamedTuple

MEASURED, DEFAULT, ASSUMED = "measured", "default", "assumed"


class Input(NamedTuple):
    """A number, its unit, whether it was measured, is a default of the program or assumed, and where it is from."""

    value: float
    unit: str
    kind: str
    where: str


INPUTS: dict[str, Input] = {
    # time and CPU of a crawl
    "delay": Input(2.0, "s", DEFAULT, "of a source; two requests to one host are never closer (crawler/source.py)"),
    "answer": Input(0.5, "s", ASSUMED, "until a site has answered a request"),
    "page_cpu": Input(5.2, "ms", MEASURED, "docs/performance.md, A crawled page: CPU of fetching, keeping, reading and storing a page"),
    "start_cpu": Input(1.03, "s", MEASURED, "docs/performance.md, A crawled page: CPU of the start of a crawl, with its end"),
    "crawl_memory": Input(119, "MB", MEASURED, "docs/performance.md, first table: peak of a crawl"),
    "lock": Input(25.2, "ms", MEASURED, "benchmarks.scale measure: transactions open for a crawled notice, readers' too; no more than that is the lock held"),
    "database_cpu": Input(5.8, "ms", MEASURED, "benchmarks.scale measure: CPU of PostgreSQL for a crawled notice"),
    "index_cpu": Input(2.4, "ms", MEASURED, "benchmarks.scale measure: CPU of an OpenSearch node for a document of 1,350 characters"),
    "query_cpu": Input(32.0, "ms", MEASURED, "docs/performance.md, Many readers: CPU of a search page with facets at 100,000 notices"),
    "query_growth": Input(0.6, "power", MEASURED, "docs/performance.md, As the archive grows: Tantivy's p50 from 100,000 (2.6 ms) to a million (10.3 ms)"),
    "verify_cpu": Input(2.7, "ms", MEASURED, "docs/performance.md, A crawled page: CPU of verify for a notice"),
    # bytes
    "warc_bytes": Input(6_463, "bytes", MEASURED, "docs/performance.md, Bytes a notice takes: WARC of five mirrored sites, list pages with them"),
    "database_bytes": Input(5_978, "bytes", MEASURED, "benchmarks.scale measure: PostgreSQL with its indexes, a crawled notice (short text)"),
    "index_bytes": Input(26_126, "bytes", MEASURED, "benchmarks.scale measure: OpenSearch, 20,000 documents of 1,350 characters as written (Tantivy: 6,560)"),
    "file_bytes": Input(200_000, "bytes", ASSUMED, "an attached file in WARC"),
    "files": Input(0.3, "a notice", ASSUMED, "attached files; each is one request more"),
    "revisit_bytes": Input(700, "bytes", ASSUMED, "a revisit record, a list page that changed, and their rows"),
    # the sites
    "sites": Input(3_000, "", ASSUMED, "the catalogue has a third of them; every county, department and university would be more"),
    "spread": Input(1.2, "sigma", ASSUMED, "sizes of sites are lognormal: the largest of 3,000 has some 30 times the mean"),
    "yearly": Input(0.08, "of the stock", ASSUMED, "new notices in a year"),
    "list_pages": Input(3, "a run", ASSUMED, "list pages that a run of a site without news reads"),
    "entries": Input(20, "a list page", ASSUMED, "as many as sites usually show"),
    # policy: defaults of the program
    "runs_a_day": Input(2, "", ASSUMED, "of each source; the sources that come with the program have one or two"),
    "pages_a_run": Input(2_000, "", DEFAULT, "max_pages_per_run"),
    "minutes_a_run": Input(240, "min", DEFAULT, "max_minutes_per_run"),
    "revisits_a_run": Input(200, "", DEFAULT, "revisit_budget; a notice is read again after 1, 7, 30 and 180 days"),
    # machines and prices
    "cores": Input(8, "", ASSUMED, "of a machine, with 32 GB"),
    "jobs": Input(150, "", ASSUMED, "crawls at once on a machine: 18 GB at the peak of each; a crawl mostly waits for its site"),
    "readers": Input(5, "searches/s", ASSUMED, "all day; pages that were asked for before cost next to nothing"),
    "copies": Input(2, "", ASSUMED, "of the index (replicas=1) and of the database (a standby)"),
    "machine_year": Input(3_360, "$", ASSUMED, "8 cores, 32 GB: 0.384 $ an hour, the list price of a large cloud; rented for long or owned it is a half to a quarter"),
    "disk_year": Input(0.96, "$/GB", ASSUMED, "solid-state disk, 0.08 $ a GB and month"),
    "store_year": Input(0.276, "$/GB", ASSUMED, "S3-compatible storage, 0.023 $ a GB and month"),
}  # fmt: skip


def values(changed: dict[str, float] | None = None) -> dict[str, float]:
    """The numbers alone, some of them changed. Raises KeyError for an unknown name."""
    for name in changed or {}:
        INPUTS[name]  # names the unknown one
    return {name: each.value for name, each in INPUTS.items()} | (changed or {})
