"""Three OpenSearch nodes, one process each, for all tests of this folder; NOTICES_NODES=1 is enough for most of them and starts faster."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator

import pytest

from index.engine import Engine
from index.engines import open_engine
from tests.support.opensearch.nodes import Nodes, is_obtainable

_NUMBERS = itertools.count(1)


@pytest.fixture(scope="session")
def nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nodes]:
    """A cluster that every test leaves with all its nodes."""
    if not is_obtainable():
        pytest.skip("OpenSearch needs Maven and Java 21")
    made = Nodes(tmp_path_factory.mktemp("opensearch"), int(os.environ.get("NOTICES_NODES", "3")))
    try:
        made.start()
        yield made
    finally:
        made.stop()


@pytest.fixture
def url(nodes: Nodes) -> str:
    """An index of its own for each test."""
    return nodes.url(f"index-{next(_NUMBERS)}")


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    made = open_engine(url, write=True)
    yield made
    made.close()
