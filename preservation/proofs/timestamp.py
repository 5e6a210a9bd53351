"""Timestamps of an authority (RFC 3161) that attest that a checkpoint existed at a time. Bytes in, bytes out; no network.

The caller posts the request to an authority as application/timestamp-query and stores the reply with the checkpoint.
"""

from __future__ import annotations

import base64
import binascii
from datetime import UTC, datetime
from hashlib import sha256

from cryptography import x509
from rfc3161_client import HashAlgorithm, TimestampRequestBuilder, VerificationError, VerifierBuilder, decode_timestamp_response

from notices.errors import BadInput, DamageFound
from notices.text.language import _
from preservation.proofs.inclusion import Proof

_LARGEST = 1 << 16


def timestamp_request(checkpoint: str) -> bytes:
    """The request for a signed checkpoint, DER: its SHA-256, a nonce, and a request for the authority's certificate."""
    builder = TimestampRequestBuilder().data(checkpoint.encode()).hash_algorithm(HashAlgorithm.SHA256)
    return builder.cert_request(cert_request=True).build().as_bytes()


def verify_timestamp(checkpoint: str, reply: bytes, roots: bytes) -> datetime:
    """The time at which the checkpoint existed, attested by the authority. `roots` are the trusted certificates, PEM.

    Raises DamageFound when the reply is not for this checkpoint or not by an authority under these roots, BadInput when
    reply or roots cannot be read.
    """
    try:
        builder = VerifierBuilder(roots=list(x509.load_pem_x509_certificates(roots)))
        response = decode_timestamp_response(reply[:_LARGEST])
        builder.build().verify_message(response, checkpoint.encode())
        return response.tst_info.gen_time.astimezone(UTC)
    except VerificationError as error:
        raise DamageFound(_("the timestamp is not valid: {error}").format(error=error)) from error
    except (ValueError, TypeError) as error:
        raise BadInput(_("the timestamp or its roots cannot be read: {error}").format(error=error)) from error


def is_timestamp_of(checkpoint: str, reply: str) -> bool:
    """Whether a stored reply, base64, is about this signed checkpoint; by whom it was signed takes certificates to tell."""
    try:
        stated = decode_timestamp_response(base64.b64decode(reply, validate=True)[:_LARGEST]).tst_info.message_imprint.message
    except (binascii.Error, ValueError, TypeError):
        return False
    return stated == sha256(checkpoint.encode()).digest()


def verify_proof_timestamp(proof: Proof, roots: bytes) -> datetime | None:
    """The time attested by the proof's own timestamp; None without one. Raises as verify_timestamp does."""
    if proof.timestamp is None:
        return None
    try:
        reply = base64.b64decode(proof.timestamp, validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadInput(_("the proof's timestamp is not base64")) from error
    return verify_timestamp(proof.checkpoint, reply, roots)
