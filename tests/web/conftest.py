"""An archive of invented notices and its reading room, for each file of tests its own; a file that needs another one says so."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from tests.support.quick_home import QuickHome
from tests.support.reading_room import archive_in, reading_room


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> QuickHome:
    return archive_in(tmp_path_factory.mktemp("room"))


@pytest.fixture(scope="module")
def room(home: QuickHome) -> Iterator[TestClient]:
    with reading_room(home) as client:
        yield client
