"""What a notice takes on disk, by part: SQL tables, WARC files, the index of either engine.

`python -m benchmarks.disk --corpus FOLDER [--sites FOLDER]` imports the corpus, or crawls mirrored sites on loopback, into new archives and prints
a table for each; `python -m benchmarks.disk HOME ...` measures archives that exist. Bytes are those of a notice: the whole part over the notices.
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from benchmarks.corpus import lines

ROOT = Path(__file__).resolve().parents[1]
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


def main() -> int:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("homes", nargs="*", type=Path, metavar="HOME")
    parser.add_argument("--corpus", type=Path, metavar="FOLDER", help="the shared corpus")
    parser.add_argument("--sites", type=Path, metavar="FOLDER", help="mirrored sites, a folder each")
    asked = parser.parse_args()
    for home in asked.homes:
        show(str(home), home)
    with tempfile.TemporaryDirectory() as folder:
        if asked.corpus:
            show("corpus", imported(Path(folder) / "corpus", asked.corpus))
        if asked.sites:
            show("sites", crawled(Path(folder) / "sites", asked.sites))
    return 0


def imported(path: Path, corpus: Path) -> Path:
    """A new archive with the texts of the corpus in it, and an index of each engine."""
    from tests.support.archive_home import Home

    home, file = Home(path), path.with_suffix(".jsonl")
    file.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines(corpus)), encoding="utf-8")
    home.run("import", str(file))
    home.run("index", "--rebuild", "--to", "tantivy:index-tantivy", "--stage")
    return path


def crawled(path: Path, sites: Path) -> Path:
    """A new archive with the notices of the mirrored sites in it, and an index of each engine."""
    from tests.end_to_end.test_real_sites import DETAIL, served
    from tests.support.archive_home import Home

    home = Home(path)
    (path / "sources").mkdir(parents=True)
    for site in sorted(DETAIL):
        text = (ROOT / "tests/end_to_end/sites" / f"{site}.toml").read_text(encoding="utf-8")
        file = path / "sources" / f"{site.replace('_', '-')}.toml"
        with served(sites / site) as (base, _):
            file.write_text(text.replace("{base}", base), encoding="utf-8")
            home.run("crawl", check=None)
        file.unlink()
    home.run("index", "--rebuild")
    home.run("index", "--rebuild", "--to", "tantivy:index-tantivy", "--stage")
    return path


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


if __name__ == "__main__":
    sys.exit(main())
