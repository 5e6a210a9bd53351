"""The stated goals of speed and whether they are met: `python -m benchmarks.costs goals [--notices 2000] [--corpus FOLDER]`, and at the end of `make bench`.

Everything is CPU seconds of whole processes or of the asking thread, medians where a figure is small. Beside each goal is a peer measured in the
same run, as the seconds of a machine say little. Search is asked twice: for what `search --json` answers (understanding, snippets, similar notices),
and for the bare page of exact hits.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks.costs.measures import bare_sqlalchemy, cost, crawled, median_cost, paged_site, status
from benchmarks.main_job import BARE
from benchmarks.search_corpus import documents, sentences
from benchmarks.search_questions import Asked, questions, sample
from index.engine import Document, Engine
from index.engines import open_engine
from index.search import SearchRequest, search
from tests.support.archive_home import Home
from tests.support.site_server import serving

ENGINES = {"tantivy": "tantivy:tantivy", "whoosh": "whoosh:index"}
_ASKED = {"tantivy": (3.0, 12.0), "whoosh": (8.0, 30.0)}  # ms of CPU for what `search --json` answers: p50 and p95, at 15,000 documents
_IMPORTED = {
    "tantivy": 4.0,
    "whoosh": 2.2,
}  # times the documents per CPU second of the version that the goal was set against
_BEFORE = 19 / 4000  # ms a character, as measured from outside when the goal was set


class Goal(NamedTuple):
    """A goal, in the unit of its name; met when the figure is at most so large. `beside`: a figure of the same kind that is no goal."""

    name: str
    most: float
    found: float
    beside: str = ""

    @property
    def met(self) -> bool:
        """Whether the figure is within the goal."""
        return self.found <= self.most


def table(goals: Sequence[Goal]) -> str:
    """The goals as lines of Markdown."""
    rows = [f"| {each.name} | {each.most:g} | {each.found:.2f} | {'yes' if each.met else '**no**'} | {each.beside} |" for each in goals]
    return "\n".join(("| goal | at most | measured | met | beside it |", "|---|---|---|---|---|", *rows))


def measured(folder: Path, notices: int, corpus: Path | None) -> list[Goal]:
    """Every goal, measured in new archives in the folder."""
    held = list(documents(notices, sentences(corpus)))
    goals = _crawl(folder)
    for engine in ENGINES:
        goals += _imported(folder / engine, engine, held)
    seconds, bare = status(folder / "status", 100_000), bare_sqlalchemy()
    return [*goals, Goal("status at 100,000 notices, s", 0.4, seconds, f"importing SQLAlchemy's ORM {bare:.2f} s")]


def _crawl(folder: Path, notices: int = 200) -> list[Goal]:
    """Start, page and whole process of a crawl against bare Scrapy on the same site."""
    pages = notices + -(-notices // 20)
    one, many = crawled(folder / "one", 1)[1].seconds, crawled(folder / "many", notices)[1].seconds
    with serving(paged_site(notices)) as site:
        bare = cost([sys.executable, "-c", BARE, f"{site.base}/tzgg/"], dict(os.environ)).seconds
    return [
        Goal("crawl: start of a new archive, s", 1.6, one),
        Goal("crawl: a page, ms", 7, 1000 * (many - one) / pages),
        Goal(f"crawl: whole process of {pages} pages to bare Scrapy, times", 2.2, many / bare, f"{many:.2f} s to {bare:.2f} s"),
    ]


def _imported(folder: Path, engine: str, held: Sequence[Document]) -> list[Goal]:
    """Import, verify, start of a search, and answers."""
    home, first = _home(folder, engine), _home(folder / "first", engine)
    alone = _import(first, held[:1])
    each = 1000 * (_import(home, held) - alone) / len(held)
    characters = sum(len(document.text) for document in held) / len(held)
    commands = [median_cost(archive.command("verify"), archive.environment, 3) for archive in (home, first)]
    start = median_cost(home.command("search", "两感"), home.environment)
    bare = median_cost([sys.executable, "-c", "import whoosh.index, whoosh.qparser"], home.environment)
    goals = [
        Goal(f"{engine}: import of {characters:.0f} characters, ms", _BEFORE * characters / _IMPORTED[engine], each),
        Goal(f"{engine}: verify, ms a notice", 1, 1000 * (commands[0] - commands[1]) / len(held)),
        Goal(f"{engine}: start of a search to importing Whoosh, times", 1.6, start / bare, f"{start:.3f} s to {bare:.3f} s"),
    ]
    opened = open_engine(f"{engine}://{home.path / ENGINES[engine].partition(':')[2]}")
    try:
        return goals + _answers(engine, opened, questions(sample(held, 2_000)))
    finally:
        opened.close()


def _home(folder: Path, engine: str) -> Home:
    home = Home(folder)
    home.environment["NOTICES_INDEX"] = ENGINES[engine]
    return home


def _import(home: Home, held: Sequence[Document]) -> float:
    home.path.mkdir(parents=True, exist_ok=True)
    file = home.path / "lines.jsonl"
    lines = ({"url": each.url, "title": each.title, "text": each.text, "document_number": each.document_number} for each in held)
    file.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")
    return cost(home.command("import", str(file), "--jobs", "1"), home.environment).seconds


def _answers(engine: str, opened: Engine, asked: Sequence[Asked]) -> list[Goal]:
    """p50 and p95 of the questions of all classes: what `search --json` answers, and beside it the bare page of exact hits."""
    texts = [_typed(each) for each in asked]
    full = _milliseconds(texts, lambda text: search(opened, SearchRequest(text), None))
    bare = _milliseconds(texts, lambda text: search(opened, SearchRequest(text, exact=True, snippets=False), None))
    pairs = zip(("p50", "p95"), (0.5, 0.95), _ASKED[engine], strict=True)
    return [
        Goal(f"{engine}: search --json, {name}, ms", most, _at(full, share), f"the bare page {_at(bare, share):.2f} ms")
        for name, share, most in pairs
    ]


def _typed(asked: Asked) -> str:
    words = " OR ".join(asked.words) if asked.either else " ".join((*asked.words, *(f"-{word}" for word in asked.without)))
    return f"{words} kind:{asked.kind}" if asked.kind else words


def _milliseconds(texts: Sequence[str], ask: Callable[[str], object]) -> list[float]:
    """CPU of each question, sorted; the first ones are asked before, so that nothing is loaded in the measured ones."""
    for text in texts[:5]:
        ask(text)
    found = []
    for text in texts:
        began = time.process_time()
        ask(text)
        found.append(1000 * (time.process_time() - began))
    return sorted(found)


def _at(values: Sequence[float], share: float) -> float:
    return values[min(len(values) - 1, int(len(values) * share))]
