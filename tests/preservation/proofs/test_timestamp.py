"""Timestamps, given by a real local authority (`openssl ts`) and verified offline."""

from __future__ import annotations

import base64
import random
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from notices.errors import BadInput, DamageFound
from tests.preservation.proofs.test_inclusion import a_proof

pytest.importorskip("rfc3161_client", reason="rfc3161-client is not installed")
from preservation.proofs.timestamp import is_timestamp_of, timestamp_request, verify_proof_timestamp, verify_timestamp

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl plays the authority")
NOTE = "archive.example.cn/notices\n1\nAAAA\n\n— x y\n"
_SETTINGS = """
[tsa]
default_tsa = one
[one]
serial = {0}/serial
signer_cert = {0}/tsa.pem
certs = {0}/tsa.pem
signer_key = {0}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha512
ess_cert_id_alg = sha256
[ext]
basicConstraints = critical,CA:false
keyUsage = critical,digitalSignature
extendedKeyUsage = critical,timeStamping
"""


def openssl(folder: Path, *arguments: str) -> None:
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tsa")
    (folder / "tsa.cnf").write_text(_SETTINGS.format(folder))
    (folder / "serial").write_text("01\n")
    new = ["-newkey", "rsa:2048", "-nodes", "-sha256"]
    openssl(folder, "req", "-x509", *new, "-keyout", "ca.key", "-out", "ca.pem", "-days", "3650", "-subj", "/CN=Root of a test")
    openssl(folder, "req", *new, "-keyout", "tsa.key", "-out", "tsa.csr", "-subj", "/CN=Clock of a test")
    sign = ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-extfile", "tsa.cnf", "-extensions", "ext"]
    openssl(folder, "x509", "-req", "-in", "tsa.csr", *sign, "-days", "3650", "-out", "tsa.pem")
    return folder


def stamped(authority: Path, note: str) -> bytes:
    (authority / "request.tsq").write_bytes(timestamp_request(note))
    openssl(authority, "ts", "-reply", "-config", "tsa.cnf", "-queryfile", "request.tsq", "-out", "reply.tsr")
    return (authority / "reply.tsr").read_bytes()


def test_stamp_tells_the_time_of_the_checkpoint_and_of_no_other(authority: Path) -> None:
    reply, roots = stamped(authority, NOTE), (authority / "ca.pem").read_bytes()
    assert abs(verify_timestamp(NOTE, reply, roots) - datetime.now(UTC)) < timedelta(minutes=5)
    with pytest.raises(DamageFound, match="is not valid"):
        verify_timestamp(NOTE + " ", reply, roots)


def test_stamp_of_a_stranger_does_not_hold(authority: Path, tmp_path: Path) -> None:
    reply = stamped(authority, NOTE)
    new = ["-newkey", "rsa:2048", "-nodes", "-sha256", "-keyout", "ca.key", "-out", "ca.pem"]
    openssl(tmp_path, "req", "-x509", *new, "-days", "3650", "-subj", "/CN=Root of a test")
    with pytest.raises(DamageFound, match="is not valid"):
        verify_timestamp(NOTE, reply, (tmp_path / "ca.pem").read_bytes())


def test_no_altered_stamp_changes_the_time(authority: Path) -> None:
    reply, roots = stamped(authority, NOTE), (authority / "ca.pem").read_bytes()
    true, rng = verify_timestamp(NOTE, reply, roots), random.Random(5)
    refused = 0
    for _ in range(300):
        altered = bytearray(reply)
        altered[rng.randrange(len(reply))] ^= 1 << rng.randrange(8)
        try:
            assert verify_timestamp(NOTE, bytes(altered), roots) == true
        except (BadInput, DamageFound):
            refused += 1
    assert refused > 200  # the rest hit fields outside the signature, which say nothing about the time
    for junk in (b"", b"junk", reply[:100], b"\x30" * 100_000):
        with pytest.raises((BadInput, DamageFound)):
            verify_timestamp(NOTE, junk, roots)
    with pytest.raises(BadInput):
        verify_timestamp(NOTE, reply, b"no certificates")


def test_proof_carries_its_stamp(authority: Path) -> None:
    proof, roots = a_proof(), (authority / "ca.pem").read_bytes()
    assert verify_proof_timestamp(proof, roots) is None
    reply = base64.b64encode(stamped(authority, proof.checkpoint)).decode()
    assert verify_proof_timestamp(msgspec.structs.replace(proof, timestamp=reply), roots) is not None
    with pytest.raises(BadInput, match="base64"):
        verify_proof_timestamp(msgspec.structs.replace(proof, timestamp="*"), roots)


def test_stored_reply_is_of_its_note_alone(authority: Path) -> None:
    reply = base64.b64encode(stamped(authority, NOTE)).decode()
    assert is_timestamp_of(NOTE, reply)
    assert not is_timestamp_of(NOTE.replace("1", "2", 1), reply)
    assert not any(is_timestamp_of(NOTE, other) for other in ("AAAA", "", "not base64", reply[:-40]))
