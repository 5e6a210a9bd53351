"""The servers of a cluster, started once, and an archive's databases on them. `make cluster` runs these tests; `make test` does not."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.archive_home import Home
from tests.support.postgres_server import PostgresServer, programs, running_server

_numbers = itertools.count(1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test here needs a cluster."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.cluster)


@pytest.fixture(scope="session")
def server() -> Iterator[PostgresServer]:
    """One PostgreSQL server for all tests."""
    pytest.importorskip("psycopg", reason="the extra postgresql is not installed")
    if programs() is None:
        pytest.skip("PostgreSQL is not installed (apt-get install postgresql)")
    with running_server() as running:
        yield running


@pytest.fixture
def empty_database(server: PostgresServer) -> str:
    """The address of a new database without tables."""
    return server.create(f"archive_{next(_numbers)}")


@pytest.fixture(params=["sqlite", "postgresql"])
def home(request: pytest.FixtureRequest, tmp_path: Path) -> Home:
    """An empty archive's home, once with each database."""
    made = Home(tmp_path / "home")
    made.path.mkdir()
    if request.param == "postgresql":
        made.environment["NOTICES_DATABASE"] = request.getfixturevalue("empty_database")
    return made


@pytest.fixture
def server_home(tmp_path: Path, empty_database: str) -> Home:
    """An empty archive's home with a database on the server."""
    made = Home(tmp_path / "home")
    made.path.mkdir()
    made.environment["NOTICES_DATABASE"] = empty_database
    return made
