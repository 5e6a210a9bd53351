"""What the tests of messages share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.watch.receiver import Receiver


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.server.shutdown()
    made.server.server_close()
