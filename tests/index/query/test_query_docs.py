"""The examples of docs/search.md find what it says, in a real index."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from index.engine import Document, Engine
from index.engines import open_engine, rebuild
from index.search import read_query
from notices.attachment import AttachmentText
from notices.reference.numbers import parse_number

DOCS = Path(__file__).resolve().parents[3] / "docs"
PAGES = ("search.md", "search.zh-CN.md")


def example_documents(page: str) -> list[Document]:
    block = re.search(r"```jsonl\n(.*?)```", (DOCS / page).read_text(encoding="utf-8"), re.DOTALL)
    assert block
    return [example_document(json.loads(line)) for line in block[1].splitlines()]


def example_document(value: dict[str, Any]) -> Document:
    files = tuple(AttachmentText(name, tuple(pages)) for name, pages in value.pop("attachments", ()))
    day = date.fromisoformat(value.pop("published_date"))
    return Document(revision=1, url=f"https://a.example/{value['id']}", published_date=day, attachments=files, **value)


def examples(page: str) -> list[tuple[str, set[int]]]:
    rows = re.findall(r"^\| `(.+?)` \| ([\d ]+) \|", (DOCS / page).read_text(encoding="utf-8"), re.MULTILINE)
    return [(query, {int(i) for i in found.split()}) for query, found in rows]


@pytest.fixture(scope="module", params=["whoosh", "tantivy"])
def engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    url = f"{request.param}://{tmp_path_factory.mktemp('docs')}/index"
    rebuild(url, example_documents(PAGES[0]))
    made = open_engine(url)
    yield made
    made.close()


@pytest.mark.parametrize(("query", "found"), examples(PAGES[0]))
def test_example_finds_what_the_manual_says(engine: Engine, query: str, found: set[int]) -> None:
    answer = engine.search(read_query(query, lenient=True), limit=100)
    assert {hit.id for hit in answer.hits if hit.exact} == found


def test_both_languages_give_the_same_examples() -> None:
    assert examples(PAGES[0]) == examples(PAGES[1])
    assert example_documents(PAGES[0]) == example_documents(PAGES[1])
    assert len(examples(PAGES[0])) > 20


def test_numbers_of_the_examples_are_what_the_reader_of_numbers_makes() -> None:
    for document in example_documents(PAGES[0]):
        number = parse_number(document.document_number)
        assert number is not None
        assert (number.key, number.loose) == (document.number_key, document.number_loose)
