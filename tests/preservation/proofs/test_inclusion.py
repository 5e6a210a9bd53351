"""Signed checkpoints and proof files: valid ones verify without an archive, altered ones do not."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from notices.errors import ArchiveUnwritable, BadInput, DamageFound
from preservation.proofs import merkle
from preservation.proofs.inclusion import Leaf, Proof, make_proof, read_proof, render_proof, verify_proof
from preservation.proofs.signing import Checkpoint, open_key, sign_checkpoint, verifier_key, verify_checkpoint

ORIGIN = "archive.example.cn/notices"
NOON = datetime(2026, 3, 1, 4, tzinfo=UTC)
LEAVES = [Leaf(f"sha256:{n:064x}", f"https://www.example.cn/通知/{n}.html", NOON + timedelta(minutes=n)) for n in range(13)]


def a_proof(index: int = 5, key: Ed25519PrivateKey | None = None) -> Proof:
    key = key or Ed25519PrivateKey.generate()
    built = merkle.levels(merkle.leaf(x.payload_digest, x.url, x.fetched_at) for x in LEAVES)
    note = sign_checkpoint(key, Checkpoint(ORIGIN, 11, merkle.root_at(built, 11), NOON))
    return make_proof(LEAVES[index], index, built, note, verifier_key(key, ORIGIN))


def test_key_is_made_once_and_is_private(tmp_path: Path) -> None:
    one, two = open_key(tmp_path / "keys"), open_key(tmp_path / "keys")
    assert verifier_key(one, ORIGIN) == verifier_key(two, ORIGIN)
    assert (tmp_path / "keys" / "checkpoint.pem").stat().st_mode & 0o777 == 0o600
    assert os.listdir(tmp_path / "keys") == ["checkpoint.pem"]
    (tmp_path / "keys" / "checkpoint.pem").chmod(0o644)
    with pytest.raises(ArchiveUnwritable, match="others can read"):
        open_key(tmp_path / "keys")
    (tmp_path / "keys" / "checkpoint.pem").chmod(0o600)
    (tmp_path / "keys" / "checkpoint.pem").write_bytes(b"junk")
    with pytest.raises(ArchiveUnwritable, match="not a private key"):
        open_key(tmp_path / "keys")


def test_published_note_of_the_specification_verifies() -> None:
    """The example of Go's golang.org/x/mod/sumdb/note, whose text is no checkpoint; signature and key reading are the same."""
    from preservation.proofs.signing import _signed, read_verifier

    name, public = read_verifier("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")
    text = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
    line = "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="
    assert _signed(line, name, public, text)
    assert not _signed(line, name, public, text + " ")


def test_checkpoint_verifies_with_its_key_and_no_other() -> None:
    key, other = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    checkpoint = Checkpoint(ORIGIN, 7, b"\7" * 32, NOON)
    note = sign_checkpoint(key, checkpoint)
    assert note.splitlines()[:3] == [ORIGIN, "7", "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc="]
    assert verify_checkpoint(note, verifier_key(key, ORIGIN)) == checkpoint
    with pytest.raises(DamageFound, match="valid signature"):
        verify_checkpoint(note, verifier_key(other, ORIGIN))
    with pytest.raises(BadInput, match="signed note"):
        verify_checkpoint(note, verifier_key(key, "elsewhere"))
    cosigned = note + sign_checkpoint(other, Checkpoint("witness", 7, b"\7" * 32, NOON)).splitlines()[-1] + "\n"
    assert verify_checkpoint(cosigned, verifier_key(key, ORIGIN)) == checkpoint


def test_no_altered_checkpoint_verifies() -> None:
    key = Ed25519PrivateKey.generate()
    note, verifier = sign_checkpoint(key, Checkpoint(ORIGIN, 1234, b"\7" * 32, NOON)), verifier_key(key, ORIGIN)
    for n in range(len(note)):
        for altered in (note[:n] + note[n + 1 :], note[:n] + chr(ord(note[n]) ^ 1) + note[n + 1 :], note[:n] + "0" + note[n:]):
            if altered.rstrip("\n") != note.rstrip("\n"):
                with pytest.raises((BadInput, DamageFound)):
                    verify_checkpoint(altered, verifier)


def test_proof_needs_no_archive(tmp_path: Path) -> None:
    proof = a_proof()
    path = tmp_path / "proof.json"
    path.write_bytes(render_proof(proof))
    proven = verify_proof(path)
    assert (proven.leaf, proven.index, proven.checkpoint.size) == (LEAVES[5], 5, 11)
    assert verify_proof(path, proof.public_key) == proven
    with pytest.raises(DamageFound, match="signed with the key"):
        verify_proof(path, verifier_key(Ed25519PrivateKey.generate(), ORIGIN))
    code = "import sys; from pathlib import Path; from preservation.proofs.inclusion import verify_proof; print(verify_proof(Path(sys.argv[1])).leaf.url)"
    alone = subprocess.run(
        [sys.executable, "-c", code, str(path)], capture_output=True, text=True, cwd=Path(__file__).parents[3], check=True
    )
    assert alone.stdout.strip() == LEAVES[5].url


def test_every_leaf_of_the_checkpoint_has_a_proof_and_no_other() -> None:
    for index in range(11):
        assert verify_proof(a_proof(index)).index == index
    with pytest.raises(DamageFound, match="cannot show leaf 11"):
        a_proof(11)


def test_no_altered_proof_verifies() -> None:
    proof = json.loads(render_proof(a_proof()))
    rng = random.Random(2)
    for field in ("payload_digest", "url", "fetched_at"):
        for _ in range(20):
            text = proof["leaf"][field]
            n = rng.randrange(len(text))
            refused({**proof, "leaf": {**proof["leaf"], field: text[:n] + chr(ord(text[n]) ^ 1) + text[n + 1 :]}})
    for index in range(len(proof["inclusion"])):
        steps = list(proof["inclusion"])
        refused({**proof, "inclusion": steps[:index] + steps[index + 1 :]})
        refused({**proof, "inclusion": [*steps[:index], steps[index][:5] + "x" + steps[index][6:], *steps[index + 1 :]]})
    for change in ({"index": 4}, {"index": -1}, {"size": 12}, {"size": 10**30}, {"format": "other"}, {"more": 1}, {"inclusion": None}):
        refused({**proof, **change})
    refused({**proof, "public_key": a_proof().public_key})
    refused({**proof, "checkpoint": a_proof().checkpoint})


def refused(values: dict[str, object]) -> None:
    with pytest.raises((BadInput, DamageFound)):
        verify_proof(read_proof(json.dumps(values).encode()))


@given(st.binary(max_size=300) | st.text(max_size=100).map(str.encode) | st.just(b"[" * 100_000) | st.just(b" " * (2 << 20)))
def test_junk_is_refused_with_a_reason(data: bytes) -> None:
    with pytest.raises(BadInput, match="proof"):
        read_proof(data)


def test_missing_proof_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="nowhere"):
        verify_proof(tmp_path / "nowhere.json")


def test_log_that_does_not_lead_to_the_signed_root_gives_no_proof() -> None:
    key = Ed25519PrivateKey.generate()
    built = merkle.levels(merkle.leaf(x.payload_digest, x.url, x.fetched_at) for x in LEAVES)
    note = sign_checkpoint(key, Checkpoint(ORIGIN, 11, b"\0" * 32, NOON))
    with pytest.raises(DamageFound, match="does not lead"):
        make_proof(LEAVES[1], 1, built, note, verifier_key(key, ORIGIN))
