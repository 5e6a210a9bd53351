"""Whether every run of characters finds its notice, and nothing that does not hold it: both engines, attachments included.

`python -m benchmarks.search_recall --corpus FOLDER [--runs 10000]`. The second half of every third text stands in an attachment
of pages. Runs of 1 to 20 characters are cut at random out of titles, texts and pages, blanks and line breaks as they stand.

Recall: the run typed as it stands gives its notice as an exact hit. Precision: the run as a phrase gives exactly the notices in
which a reading of everything finds it, set for set.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.corpus import lines
from index.document import parts_of
from index.engine import Document, Engine
from index.engines import open_engine, rebuild
from index.query.tree import Phrase, Query
from index.search import read_query
from notices.attachment import AttachmentText
from notices.text.fold import fold

PAGE = 1200
ENGINES = ("whoosh", "tantivy")
MOST = 1_000_000


@dataclass(frozen=True, slots=True)
class Run:
    """A run of characters as it stands in the document, and whether it was cut out of an attachment."""

    text: str
    ident: int
    attached: bool


def documents(folder: Path) -> list[Document]:
    """The corpus; of every third text the second half is an attachment's pages."""
    made = []
    for ident, row in enumerate(lines(folder), 1):
        text, title = row["text"] or "", row["title"] or ""
        half = len(text) // 2 if ident % 3 == 0 else len(text)
        pages = tuple(text[at : at + PAGE] for at in range(half, len(text), PAGE))
        files = (AttachmentText(f"附件：{title[:20]}.pdf", pages),) if pages else ()
        made.append(Document(ident, 1, row["url"] or "", title, text[:half], issuer=row["issuer"] or "", attachments=files))
    return made


def runs(held: Sequence[Document], count: int, seed: int = 1) -> list[Run]:
    """Random runs that hold something that is searched; a document, then one of its pieces, then a place in it."""
    chance, made = random.Random(seed), list[Run]()
    while len(made) < count:
        document = chance.choice(held)
        pages = [(page, True) for a in document.attachments for page in (a.name, *a.pages)]
        piece, attached = chance.choice([(document.title, False), (document.text, False), (document.text, False), *pages])
        at = chance.randrange(max(len(piece), 1))
        text = piece[at : at + chance.randint(1, 20)]
        if fold(text):
            made.append(Run(text, document.id, attached))
    return made


def holding(held: Sequence[Document], run: Run, folded: Sequence[bytes]) -> set[int]:
    """Ids of the documents that hold the run, by reading all of them."""
    wanted = fold(run.text).encode()
    return {document.id for document, text in zip(held, folded, strict=True) if wanted in text}


def readable(document: Document) -> bytes:
    """The folded parts, kept apart."""
    parts = parts_of(document)
    return b"\0".join(part.encode() for part in (parts.title, parts.number, parts.issuer, parts.text, *parts.attached))


def exact_ids(engine: Engine, query: Query) -> set[int]:
    """Ids of all exact hits."""
    return {hit.id for hit in engine.search(query, limit=MOST).hits}


def measure(engine: Engine, asked: Sequence[Run], wanted: Sequence[set[int]]) -> tuple[list[Run], list[Run]]:
    """The runs that did not find their notice, and those whose phrase found others than a reading does."""
    unfound, wrong = list[Run](), list[Run]()
    for run, held in zip(asked, wanted, strict=True):
        if run.ident not in exact_ids(engine, read_query(run.text, exact=True, lenient=True)):
            unfound.append(run)
        if exact_ids(engine, Query(run.text, Phrase(fold(run.text)))) != held:
            wrong.append(run)
    return unfound, wrong


def main() -> int:
    """Print a line an engine; 1 when any run was not found or any phrase was wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--runs", type=int, default=10_000)
    args = parser.parse_args()
    held = documents(args.corpus)
    asked = runs(held, args.runs)
    folded = [readable(document) for document in held]
    wanted = [holding(held, run, folded) for run in asked]
    attached = sum(run.attached for run in asked)
    print(
        f"{len(held)} documents, {sum(bool(d.attachments) for d in held)} with attachments; {len(asked)} runs, {attached} of them cut out of attachments"
    )
    return max([_print_engine(scheme, held, asked, wanted) for scheme in ENGINES])


def _print_engine(scheme: str, held: Sequence[Document], asked: Sequence[Run], wanted: Sequence[set[int]]) -> int:
    with tempfile.TemporaryDirectory() as folder:
        url = f"{scheme}://{folder}/index"
        rebuild(url, held)
        engine, began = open_engine(url), time.perf_counter()
        unfound, wrong = measure(engine, asked, wanted)
        engine.close()
    good, right = len(asked) - len(unfound), len(asked) - len(wrong)
    print(
        f"{scheme}: found {good} of {len(asked)}, phrases right {right} of {len(asked)}, {sum(map(len, wanted))} hits, {time.perf_counter() - began:.0f} s"
    )
    for run in (*unfound[:5], *wrong[:5]):
        print(f"  {scheme}: {run}")
    return 1 if unfound or wrong else 0


if __name__ == "__main__":
    sys.exit(main())
