"""Bytes of an archive by part: SQL tables, WARC files, the index of either engine."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

ENGINES = ("whoosh", "tantivy")
# What Tantivy's files contain, by their endings; a file of Whoosh is named by itself.
ENDINGS = {
    ".store": "stored texts and result lines",
    ".pos": "positions",
    ".idx": "postings",
    ".term": "terms",
    ".fast": "columns",
    ".fieldnorm": "lengths",
    ".seg": "postings, terms and columns",
    "originals.bin": "originals, compressed",
    "folded.bin": "folded texts",
}


def show(name: str, home: Path) -> None:
    """The table of an archive: each part's bytes for one notice, and the sums with the index of each engine."""
    with sqlite3.connect(home / "notices.db") as database:
        notices = database.execute("select count(*) from notice").fetchone()[0] or 1
        sql = Counter[str]()
        for part, size in table_sizes(database):
            sql[part] += size
    warc = sum(file.stat().st_size for file in (home / "warc").iterdir() if ".warc" in file.name)
    indexes = {engine: index_sizes(home / folder) for engine, folder in zip(ENGINES, ("index", "index-tantivy"), strict=True)}
    print(f"\n{name}: {notices} notices\n\n| part | bytes a notice |\n|---|---|")
    for part, size in (*sql.most_common(12), ("SQL", sql.total()), ("WARC", warc)):
        print(f"| {part} | {size / notices:,.0f} |")
    for engine, sizes in indexes.items():
        for part, size in sizes.most_common():
            print(f"| {engine}: {part} | {size / notices:,.0f} |")
        print(f"| **all, with {engine}** | **{(sql.total() + warc + sizes.total()) / notices:,.0f}** |")


def table_sizes(database: sqlite3.Connection) -> Iterator[tuple[str, int]]:
    """Bytes of each table, those of its indexes added, and of pages that nothing uses."""
    kinds = dict(database.execute("select name, tbl_name from sqlite_master"))
    for name, size in database.execute("select name, sum(pgsize) from dbstat group by name"):
        yield kinds.get(name, name), size
    yield "free pages", database.execute("select freelist_count * page_size from pragma_freelist_count, pragma_page_size").fetchone()[0]


def index_sizes(folder: Path) -> Counter[str]:
    """Bytes of the index in the folder, by what its files contain."""
    sizes = Counter[str]()
    for file in folder.rglob("*"):
        if file.is_file():
            sizes[ENDINGS.get(file.suffix) or ENDINGS.get(file.name) or "the rest"] += file.stat().st_size
    return sizes
