"""The contract of all engines, kept by a cluster: the same tests as tests/contract/engines, but for those of an index's files."""

from __future__ import annotations

import pytest

from tests.contract.engines.test_answers import *  # noqa: F403
from tests.contract.engines.test_copies import *  # noqa: F403
from tests.contract.engines.test_ranking import *  # noqa: F403
from tests.contract.engines.test_writes import *  # noqa: F403

pytestmark = pytest.mark.cluster
