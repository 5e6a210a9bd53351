"""The archive's Ed25519 key, and checkpoints of the Merkle log signed with it.

A checkpoint is a C2SP signed note (c2sp.org/signed-note, c2sp.org/tlog-checkpoint): origin, size, root in base64, one line with the
time; then the signature lines. Existing transparency-log tools can read and verify it.
"""

from __future__ import annotations

import base64
import binascii
import os
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from notices.errors import ArchiveUnwritable, BadInput, DamageFound
from notices.text.language import _
from pipeline.durable import file_errors, sync_folder, write_new
from pipeline.warc.series import warc_date

ED25519, COSIGNATURE = b"\x01", b"\x04"  # signature types of the signed-note specification
NAME = re.compile(r"[^\s+]{1,200}")


@dataclass(frozen=True)
class Checkpoint:
    """The root of the log at one size, as it was signed at one time."""

    origin: str
    size: int
    root: bytes
    signed_at: datetime


def open_key(keys: Path, *, make: bool = True, name: str = "checkpoint.pem") -> Ed25519PrivateKey:
    """The key of that name in the folder `keys`, made on first use and readable by its owner alone. Raises ArchiveUnwritable.

    Without `make` a missing key raises DamageFound: a new one would not fit to what was signed.
    """
    path = keys / name
    with file_errors(path):
        if not path.exists() and not make:
            raise DamageFound(
                _("{path}: the key that signed this archive's notes is missing; copy the folder keys/ from a backup").format(path=path)
            )
        if not path.exists():
            _make_key(path)
        if path.stat().st_mode & 0o077:
            raise ArchiveUnwritable(
                _("{path}: others can read the signing key; chmod 600 it, or replace it if they may have").format(path=path)
            )
        data = path.read_bytes()
    try:
        key = load_pem_private_key(data, password=None)
    except ValueError as error:
        raise ArchiveUnwritable(_("{path}: not a private key").format(path=path)) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise ArchiveUnwritable(_("{path}: not an Ed25519 key").format(path=path))
    return key


def _make_key(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.parent.chmod(0o700)
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    os.close(fd)
    write_new(temporary, Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    try:
        os.link(temporary, path)  # unlike a rename it never replaces the key that another process made first
    except FileExistsError:
        pass
    finally:
        temporary.unlink()
    sync_folder(path.parent)


def verifier_key(key: Ed25519PrivateKey, origin: str, kind: bytes = ED25519) -> str:
    """The public key as the signed-note specification writes it: name+hash+base64. Publish it elsewhere."""
    public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return f"{origin}+{key_hash(origin, public, kind).hex()}+{base64.b64encode(kind + public).decode()}"


def key_hash(origin: str, public: bytes, kind: bytes = ED25519) -> bytes:
    """The four bytes by which a note names a key."""
    return sha256(origin.encode() + b"\n" + kind + public).digest()[:4]


def sign_checkpoint(key: Ed25519PrivateKey, checkpoint: Checkpoint) -> str:
    """The signed note for a checkpoint."""
    if not NAME.fullmatch(checkpoint.origin):
        raise ValueError(_("origin {origin!r} contains blanks or '+'").format(origin=checkpoint.origin))
    text = _text(checkpoint)
    public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    signature = base64.b64encode(key_hash(checkpoint.origin, public) + key.sign(text.encode())).decode()
    return f"{text}\n— {checkpoint.origin} {signature}\n"


def _text(checkpoint: Checkpoint) -> str:
    root = base64.b64encode(checkpoint.root).decode()
    return f"{checkpoint.origin}\n{checkpoint.size}\n{root}\ntime {warc_date(checkpoint.signed_at)}\n"


def verify_checkpoint(note: str, verifier: str) -> Checkpoint:
    """The checkpoint in a note signed by the key. Raises DamageFound when the signature is not valid, BadInput when either cannot be read."""
    name, public = read_verifier(verifier)
    text, found, signatures = note.rpartition("\n\n")
    checkpoint = _checkpoint(text + "\n") if found and note.endswith("\n") else None
    if checkpoint is None or checkpoint.origin != name:
        raise BadInput(_("the checkpoint is not a signed note of {name!r}").format(name=name))
    for line in signatures.split("\n"):
        if _signed(line, name, public, text + "\n"):
            return checkpoint
    raise DamageFound(
        _("the checkpoint of size {size} does not bear a valid signature of {name!r}").format(size=checkpoint.size, name=name)
    )


def stated_checkpoint(note: str) -> Checkpoint:
    """The checkpoint in a note, whoever signed it. Raises BadInput when it cannot be read."""
    text, found, _signatures = note.rpartition("\n\n")
    checkpoint = _checkpoint(text + "\n") if found and note.endswith("\n") else None
    if checkpoint is None:
        raise BadInput(_("the checkpoint is not a signed note"))
    return checkpoint


def read_verifier(verifier: str, kind: bytes = ED25519) -> tuple[str, Ed25519PublicKey]:
    """The name and the key of name+hash+base64. Raises BadInput for any other text, and for a weak key."""
    name, _plus, rest = verifier.partition("+")
    stated, _plus, encoded = rest.partition("+")
    raw = from_base64(encoded)
    if len(raw) != 33 or raw[:1] != kind or stated != key_hash(name, raw[1:], kind).hex():
        raise BadInput(_("{verifier!r} is not an Ed25519 verifier key (name+hash+base64)").format(verifier=verifier[:200]))
    if _is_weak(raw[1:]):
        raise BadInput(_("{verifier!r} is a weak key: anybody can make signatures that it accepts").format(verifier=verifier[:200]))
    return name, Ed25519PublicKey.from_public_bytes(raw[1:])


# The y coordinates of the eight points of small order on Curve25519, and those that are not reduced (RFC 8032 §5.1.3 forbids them, some
# libraries take them): with such a key one signature is valid for many texts, and everybody can make it.
_PRIME = 2**255 - 19
_ORDER_8 = 0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7
_SMALL_ORDER = frozenset({0, 1, _PRIME - 1, _ORDER_8, _PRIME - _ORDER_8})


def _is_weak(public: bytes) -> bool:
    y = int.from_bytes(public, "little") & (1 << 255) - 1
    return y >= _PRIME or y in _SMALL_ORDER


def _signed(line: str, name: str, public: Ed25519PublicKey, text: str) -> bool:
    raw = from_base64(line.removeprefix(f"— {name} "))
    stated = key_hash(name, public.public_bytes(Encoding.Raw, PublicFormat.Raw))
    if not line.startswith(f"— {name} ") or len(raw) != 68 or raw[:4] != stated:
        return False
    try:
        public.verify(raw[4:], text.encode())
    except (InvalidSignature, UnicodeEncodeError):
        return False
    return True


def _checkpoint(text: str) -> Checkpoint | None:
    lines = text.split("\n")
    if len(lines) != 5 or not re.fullmatch(r"0|[1-9]\d{0,18}", lines[1], re.ASCII) or not lines[3].startswith("time "):
        return None
    try:
        moment = datetime.fromisoformat(lines[3].removeprefix("time "))
        checkpoint = Checkpoint(lines[0], int(lines[1]), from_base64(lines[2]), moment.astimezone(UTC))
        return checkpoint if len(checkpoint.root) == 32 and _text(checkpoint) == text else None
    except ValueError:
        return None


def from_base64(text: str) -> bytes:
    """The bytes; empty when the text is not canonical base64."""
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""
    return raw if base64.b64encode(raw).decode() == text else b""
