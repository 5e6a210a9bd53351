"""What a notice takes on disk, by part: SQL tables, WARC files, the index of either engine.

`python -m benchmarks.disk --corpus FOLDER [--sites FOLDER]` imports the corpus, or crawls mirrored sites on loopback, into new archives and prints
a table for each; `python -m benchmarks.disk HOME ...` measures archives that exist. Bytes are those of a notice: the whole part over the notices.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

from benchmarks.corpus import lines
from benchmarks.disk.sizes import show

ROOT = Path(__file__).resolve().parents[2]


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


if __name__ == "__main__":
    sys.exit(main())
