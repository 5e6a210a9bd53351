"""Every contract test runs once for each engine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from index.engine import Engine
from index.engines import open_engine


@pytest.fixture(params=["whoosh", "tantivy"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return f"{request.param}://{tmp_path}/index"


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    made = open_engine(url, write=True)
    yield made
    made.close()
