"""Schemathesis asks everything that the OpenAPI document allows and much that it does not, and compares the answers with the document."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.reading_room import archive_in, served
from web.api.routes import ENDPOINTS

pytestmark = pytest.mark.browser
EXAMPLES = 40  # of each address and phase
_RUN = "import sys; from schemathesis.cli import schemathesis; sys.argv[0] = 'schemathesis'; schemathesis()"


@pytest.mark.parametrize("seed", [2, 3])
def test_every_answer_is_as_the_document_says(tmp_path: Path, seed: int) -> None:
    pytest.importorskip("schemathesis")
    asked = ["--checks", "all", "--continue-on-failure", "--max-examples", str(EXAMPLES), "--seed", str(seed), "--no-color"]
    with served(archive_in(tmp_path / "home")) as base:
        command = [sys.executable, "-c", _RUN, "run", f"{base}/api/v1/openapi.json", *asked]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stdout[-4000:]
    assert f"Tested: {len(ENDPOINTS) + 1}" in done.stdout  # and the one that takes a text by POST
