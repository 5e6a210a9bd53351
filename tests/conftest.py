"""Fixtures that every package's tests share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real pages and texts; the test is skipped where it is missing."""
    folder = Path(os.environ.get("NOTICES_SHARED") or Path(__file__).resolve().parents[2] / "shared")
    if not (folder / "data").is_dir():
        pytest.skip(f"no folder of real pages at {folder}; set NOTICES_SHARED")
    return folder
