"""A public crawl of a hostile site reaches no private address, however it is written, named, resolved or redirected to."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Figure
from tests.support.archive_home import ROOT
from tests.support.faults.private_net import PUBLIC

pytestmark = pytest.mark.faults


def crawled(home: Path, more: str = "") -> dict[str, Any]:
    """What a crawl of the hostile site reached; skips where no namespaces can be made."""
    if os.geteuid() != 0:
        pytest.skip("network namespaces need root")
    command = [sys.executable, "-m", "tests.support.faults.private_net", str(home), more]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=400, check=False, env=os.environ | {"PYTHONPATH": str(ROOT)}
    )
    if "no namespaces here" in done.stderr:
        pytest.skip("no namespaces here")
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def test_hostile_site_leads_a_public_crawl_to_no_private_address(tmp_path: Path, figure: Figure) -> None:
    answer = crawled(tmp_path / "home")
    private = {address: n for address, n in answer["reached"].items() if address != PUBLIC}
    figure(
        f"private addresses, {answer['offered']} in {answer['ways']} ways",
        answer["offered"] * answer["ways"],
        f"connections to private addresses {sum(private.values())}, to the public one {answer['reached'][PUBLIC]}",
    )
    assert answer["reached"][PUBLIC] > 2 * answer["offered"]  # the site was crawled: each redirect and each notice was asked for
    assert private == {}


def test_the_same_site_reaches_them_where_the_source_allows_it(tmp_path: Path) -> None:
    reached = crawled(tmp_path / "home", "allow_private = true")["reached"]
    assert {"127.0.0.1", "10.0.0.1", "169.254.169.254", "100.64.0.1"} <= reached.keys()
