"""A proof that one snapshot is in the log: one JSON file that anybody can check without the archive (docs/proofs.md)."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import msgspec

from notices.errors import BadInput, DamageFound
from notices.text.language import _, system_words
from preservation.proofs import merkle
from preservation.proofs.signing import Checkpoint, verify_checkpoint

FORMAT = "notices-proof/1"
_LARGEST = 1 << 20


class Leaf(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The snapshot that the proof is about; `fetched_at` is an aware UTC time with microseconds."""

    payload_digest: str
    url: str
    fetched_at: datetime


class Proof(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The proof file. Hashes are base64; `checkpoint` is a signed note, `timestamp` a base64 RFC 3161 reply over it, if there is one."""

    format: str
    leaf: Leaf
    index: int
    size: int
    inclusion: list[str]
    checkpoint: str
    public_key: str
    timestamp: str | None = None


@dataclass(frozen=True)
class Proven:
    """What a valid proof shows: this snapshot was in the log when the checkpoint was signed, by the holder of this key."""

    leaf: Leaf
    index: int
    checkpoint: Checkpoint
    public_key: str


def make_proof(leaf: Leaf, index: int, built: merkle.Levels, checkpoint: str, public_key: str) -> Proof:
    """The proof for leaf `index` under a signed checkpoint. Raises DamageFound when the log does not lead to the checkpoint's root."""
    size = verify_checkpoint(checkpoint, public_key).size
    if not 0 <= index < size <= len(built[0]):
        raise DamageFound(
            _("the log of {count} leaves cannot show leaf {index} of the checkpoint of size {size}").format(
                count=len(built[0]), index=index, size=size
            )
        )
    steps = [base64.b64encode(h).decode() for h in merkle.inclusion_proof(built, index, size)]
    proof = Proof(FORMAT, leaf, index, size, steps, checkpoint, public_key)
    check_proof(proof)
    return proof


def render_proof(proof: Proof) -> bytes:
    """The proof file's bytes."""
    return msgspec.json.format(msgspec.json.encode(proof), indent=1) + b"\n"


def read_proof(data: bytes, where: str = "proof") -> Proof:
    """The proof in a file. Raises BadInput with the reason."""
    if len(data) > _LARGEST:
        raise BadInput(_("{where}: larger than {most} bytes").format(where=where, most=_LARGEST))
    try:
        proof = msgspec.json.decode(data, type=Proof)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadInput(_("{where}: not a proof: {error}").format(where=where, error=error)) from error
    if proof.format != FORMAT:
        raise BadInput(_("{where}: format {format!r}, not {expected!r}").format(where=where, format=proof.format, expected=FORMAT))
    return proof


def verify_proof(proof: Path | Proof, public_key: str | None = None) -> Proven:
    """What the proof shows, checked without any archive. Raises DamageFound when it shows nothing, BadInput when it cannot be read.

    `public_key` is the archive's key as known from elsewhere; without it the proof is checked against the key that it brings along,
    which shows that it is consistent in itself, but not who signed it.
    """
    if isinstance(proof, Path):
        proof = read_proof(_read_file(proof), str(proof))
    if public_key is not None and public_key != proof.public_key:
        raise DamageFound(
            _("signed with the key {public_key!r}, not with {expected!r}").format(public_key=proof.public_key, expected=public_key)
        )
    return check_proof(proof)


def _read_file(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_LARGEST + 1)
    except OSError as error:
        raise BadInput(f"{path}: {system_words(error)}") from error


def check_proof(proof: Proof) -> Proven:
    """What the proof shows, by the key that it names. Raises DamageFound or BadInput."""
    checkpoint = verify_checkpoint(proof.checkpoint, proof.public_key)
    steps = [_hash(step) for step in proof.inclusion]
    try:
        leaf = merkle.leaf(proof.leaf.payload_digest, proof.leaf.url, proof.leaf.fetched_at)
    except (ValueError, OverflowError) as error:
        raise BadInput(_("the proof's leaf cannot be read: {error}").format(error=error)) from error
    if proof.size != checkpoint.size:
        raise DamageFound(
            _("the proof is for a log of {size} leaves, the checkpoint for one of {signed_size}").format(
                size=proof.size, signed_size=checkpoint.size
            )
        )
    if not merkle.verify_inclusion(leaf, proof.index, proof.size, steps, checkpoint.root):
        raise DamageFound(_("leaf {index} ({url}) does not lead to the root that was signed").format(index=proof.index, url=proof.leaf.url))
    return Proven(proof.leaf, proof.index, checkpoint, proof.public_key)


def _hash(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError as error:
        raise BadInput(_("{text!r} is not base64").format(text=text[:60])) from error
