"""A proof that today's log continues the log of an earlier checkpoint: nothing that it covered was changed, removed or inserted."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass

import msgspec

from notices.errors import BadInput, DamageFound
from notices.text.language import _
from preservation.proofs import merkle
from preservation.proofs.signing import Checkpoint, verify_checkpoint

FORMAT = "notices-consistency/1"


class Consistency(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The proof file: two signed notes of one key, and the hashes that lead from one to the other, base64 (RFC 9162 §2.1.4)."""

    format: str
    earlier: str
    later: str
    path: list[str]
    public_key: str


@dataclass(frozen=True)
class Continuation:
    """What a valid proof shows: the log of `later` begins with all of the log of `earlier`; one key signed both."""

    earlier: Checkpoint
    later: Checkpoint


def make_consistency(earlier: str, later: str, built: merkle.Levels, public_key: str) -> Consistency:
    """The proof between two signed notes. Raises DamageFound when the log does not lead from one to the other."""
    first, second = verify_checkpoint(earlier, public_key), verify_checkpoint(later, public_key)
    if not first.size <= second.size <= len(built[0]):
        raise DamageFound(
            _("a log of {count} leaves cannot lead from size {earlier} to size {later}").format(
                count=len(built[0]), earlier=first.size, later=second.size
            )
        )
    path = [base64.b64encode(h).decode() for h in merkle.consistency_proof(built, first.size, second.size)]
    proof = Consistency(FORMAT, earlier, later, path, public_key)
    check_consistency(proof)
    return proof


def check_consistency(proof: Consistency, public_key: str | None = None) -> Continuation:
    """Both checkpoints of a valid proof. Raises DamageFound when it does not, BadInput when it cannot be read."""
    if public_key is not None and public_key != proof.public_key:
        raise DamageFound(
            _("signed with the key {public_key!r}, not with {expected!r}").format(public_key=proof.public_key, expected=public_key)
        )
    first, second = (verify_checkpoint(note, proof.public_key) for note in (proof.earlier, proof.later))
    try:
        path = [base64.b64decode(step, validate=True) for step in proof.path]
    except (binascii.Error, ValueError) as error:
        raise BadInput(_("the proof's path is not base64")) from error
    if not merkle.verify_consistency(first.size, second.size, path, first.root, second.root):
        raise DamageFound(
            _("the log of size {later} does not continue that of size {earlier}: its past was changed").format(
                later=second.size, earlier=first.size
            )
        )
    return Continuation(first, second)


def read_consistency(data: bytes, where: str) -> Consistency:
    """The proof in a file. Raises BadInput."""
    try:
        proof = msgspec.json.decode(data, type=Consistency)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadInput(_("{where}: not a consistency proof: {error}").format(where=where, error=error)) from error
    if proof.format != FORMAT:
        raise BadInput(_("{where}: format {format!r}, not {expected!r}").format(where=where, format=proof.format, expected=FORMAT))
    return proof


def render_consistency(proof: Consistency) -> bytes:
    """The proof file's bytes."""
    return msgspec.json.format(msgspec.json.encode(proof), indent=1) + b"\n"
