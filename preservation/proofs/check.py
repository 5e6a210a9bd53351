"""The check of a proof file without any archive, by what the reader knows from elsewhere."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from notices.errors import BadInput, DamageFound
from notices.text.language import _, system_words
from preservation.proofs.consistency import FORMAT as CONSISTENCY
from preservation.proofs.consistency import Continuation, check_consistency, read_consistency
from preservation.proofs.inclusion import Proven, read_proof, verify_proof
from preservation.proofs.timestamp import verify_proof_timestamp

LARGEST = 1 << 20
_LARGEST_PAGE = 1 << 30


@dataclass(frozen=True)
class Known:
    """What the reader knows from elsewhere: the archive's public key, a file with the page's bytes, a PEM file of trusted authorities."""

    key: str | None = None
    page: Path | None = None
    roots: Path | None = None


@dataclass(frozen=True)
class Attested:
    """What a valid proof shows of one snapshot; `timestamp` is the time that an authority attests, if it was asked for and is there."""

    proven: Proven
    timestamp: datetime | None


def check_file(path: Path, known: Known) -> Attested | Continuation:
    """What a proof file of either kind shows. Raises DamageFound when it shows nothing, BadInput when a file cannot be read."""
    data = read_at_most(path, LARGEST)
    if CONSISTENCY.encode() in data[:200]:
        return check_consistency(read_consistency(data, str(path)), known.key)
    proof = read_proof(data, str(path))
    proven = verify_proof(proof, known.key)
    if known.page:
        digest = "sha256:" + hashlib.sha256(read_at_most(known.page, _LARGEST_PAGE)).hexdigest()
        if digest != proven.leaf.payload_digest:
            raise DamageFound(
                _("{page}: {digest}, the proof is about {payload_digest}").format(
                    page=known.page, digest=digest, payload_digest=proven.leaf.payload_digest
                )
            )
    return Attested(proven, verify_proof_timestamp(proof, read_at_most(known.roots, LARGEST)) if known.roots else None)


def read_at_most(path: Path, most: int) -> bytes:
    """A file's bytes. Raises BadInput when there are more than `most`, or none can be read."""
    try:
        with path.open("rb") as handle:
            data = handle.read(most + 1)
    except OSError as error:
        raise BadInput(f"{path}: {system_words(error)}") from error
    if len(data) > most:
        raise BadInput(_("{path}: larger than {most} bytes").format(path=path, most=most))
    return data
