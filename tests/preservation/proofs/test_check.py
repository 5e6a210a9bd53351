"""A proof file of any content is checked or refused; nothing larger than its bound is read."""

from __future__ import annotations

from pathlib import Path

import pytest

from notices.errors import BadInput
from preservation.proofs.check import LARGEST, Attested, Known, check_file, read_at_most
from preservation.proofs.inclusion import render_proof
from tests.preservation.proofs.test_inclusion import a_proof


def test_proof_without_further_knowledge_is_consistent_in_itself(tmp_path: Path) -> None:
    (tmp_path / "p.json").write_bytes(render_proof(a_proof()))
    shown = check_file(tmp_path / "p.json", Known())
    assert isinstance(shown, Attested)
    assert (shown.proven.index, shown.timestamp) == (5, None)


@pytest.mark.parametrize("data", [b"", b"{}", b"\xff", b'{"format": "notices-consistency/1"}', b"[" * 100_000])
def test_file_that_is_not_a_proof_is_refused(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "p.json").write_bytes(data)
    with pytest.raises(BadInput, match=r"p\.json"):
        check_file(tmp_path / "p.json", Known())


def test_file_beyond_its_bound_or_missing_is_refused(tmp_path: Path) -> None:
    (tmp_path / "large").write_bytes(b" " * (LARGEST + 1))
    for name in ("large", "missing"):
        with pytest.raises(BadInput, match=name):
            read_at_most(tmp_path / name, LARGEST)
