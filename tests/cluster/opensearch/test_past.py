"""What sources show no longer, searched in a cluster: the tests of the embedded engines, on real nodes."""

from __future__ import annotations

import random

import pytest

from tests.operations.read import test_past as past
from tests.operations.read.test_past import Log
from tests.support.opensearch.nodes import Nodes
from tests.support.quick_home import QuickHome

pytestmark = pytest.mark.cluster
test_any_run_of_any_past_revision = past.test_any_run_of_any_past_revision_is_found_and_nothing_else
test_rebuilt_staged_and_repaired_index = past.test_rebuilt_staged_and_repaired_index_has_the_same_past
test_index_whose_past_was_lost = past.test_index_whose_past_was_lost_says_so_and_is_rebuilt
test_notice_that_is_shown_again = past.test_notice_that_is_shown_again_is_past_no_longer


@pytest.fixture(scope="module")
def log(nodes: Nodes, tmp_path_factory: pytest.TempPathFactory) -> Log:
    home = QuickHome(tmp_path_factory.mktemp("past") / "home")
    home.environment["NOTICES_INDEX"] = nodes.url("past-of-an-archive")
    return Log(home, random.Random(11))
