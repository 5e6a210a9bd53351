"""Cosignatures of checkpoints (c2sp.org/tlog-cosignature, cosignature/v1, Ed25519): a witness says that the log was consistent with all it saw of it before."""

from __future__ import annotations

import base64
import struct
from datetime import UTC, datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from notices.errors import BadInput, DamageFound
from notices.text.language import _
from preservation.proofs.signing import COSIGNATURE, NAME, from_base64, key_hash, read_verifier, verifier_key

KEY = "witness.pem"  # a key of its own: the message that is signed does not name the cosigner
_MOST_LINES = 16


def witness_key(key: Ed25519PrivateKey, name: str) -> str:
    """The witness's public key as the signed-note specification writes it: name+hash+base64, of signature type 4."""
    return verifier_key(key, name, COSIGNATURE)


def cosign(key: Ed25519PrivateKey, name: str, note: str, at: datetime) -> str:
    """The note with the cosignature over its text at this time (to the second), in place of an earlier one by the same key.

    Raises ValueError for a name with blanks or '+'.
    """
    if not NAME.fullmatch(name):
        raise ValueError(_("origin {origin!r} contains blanks or '+'").format(origin=name))
    seconds = int(at.timestamp())
    public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    signature = key_hash(name, public, COSIGNATURE) + struct.pack(">Q", seconds) + key.sign(_message(text_of(note), seconds))
    text = text_of(note)
    others = [line for line in note[len(text) + 1 :].splitlines(keepends=True) if not _is_by(line.rstrip("\n"), name, signature[:4])]
    return f"{text}\n{''.join(others)}— {name} {base64.b64encode(signature).decode()}\n"


def cosigned_at(note: str, verifier: str) -> datetime:
    """When the witness with this key (name+hash+base64) cosigned the note. Raises DamageFound when it did not, BadInput for a text that cannot be read as either."""
    name, public = read_verifier(verifier, COSIGNATURE)
    stated = key_hash(name, public.public_bytes(Encoding.Raw, PublicFormat.Raw), COSIGNATURE)
    text = text_of(note)
    for line in note[len(text) + 1 :].split("\n")[:_MOST_LINES]:
        if not _is_by(line, name, stated):
            continue
        raw = from_base64(line.removeprefix(f"— {name} "))
        (seconds,) = struct.unpack(">Q", raw[4:12])
        try:
            public.verify(raw[12:], _message(text, seconds))
            return datetime.fromtimestamp(seconds, UTC)
        except (InvalidSignature, UnicodeEncodeError, ValueError, OverflowError, OSError):
            continue
    raise DamageFound(_("the checkpoint does not bear a valid cosignature of {name!r}").format(name=name))


def _is_by(line: str, name: str, key: bytes) -> bool:
    raw = from_base64(line.removeprefix(f"— {name} "))
    return line.startswith(f"— {name} ") and len(raw) == 76 and raw[:4] == key


def text_of(note: str) -> str:
    """The text of a signed note: all before its last empty line. Raises BadInput."""
    text, found, signatures = note.rpartition("\n\n")
    if not found or not signatures.endswith("\n"):
        raise BadInput(_("the checkpoint is not a signed note"))
    return text + "\n"


def _message(text: str, seconds: int) -> bytes:
    return f"cosignature/v1\ntime {seconds}\n{text}".encode()
