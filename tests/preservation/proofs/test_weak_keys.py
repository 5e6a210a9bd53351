"""A key whose signatures anybody can make proves nothing, and a proof of another format is not read."""

from __future__ import annotations

import base64
from hashlib import sha256

import msgspec
import pytest

from notices.errors import BadInput
from preservation.proofs.consistency import Consistency, read_consistency
from preservation.proofs.signing import verify_checkpoint

PRIME = 2**255 - 19
ORDER_8 = "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"  # of order 8, as libsodium lists it


@pytest.mark.parametrize("y", [0, 1, PRIME - 1, PRIME, PRIME + 1, int.from_bytes(bytes.fromhex(ORDER_8), "little")])
@pytest.mark.parametrize("sign", [0, 1])
def test_key_of_small_order_is_refused(y: int, sign: int) -> None:
    public = b"\x01" + (y | sign << 255).to_bytes(32, "little")
    stated = sha256(b"archive\n" + public).digest()[:4].hex()
    with pytest.raises(BadInput, match="weak key"):
        verify_checkpoint("archive\n", f"archive+{stated}+{base64.b64encode(public).decode()}")


def test_consistency_proof_of_another_format_is_refused() -> None:
    data = msgspec.json.encode(Consistency("notices-consistency/9", "", "", [], ""))
    with pytest.raises(BadInput, match="notices-consistency/9"):
        read_consistency(data, "file")
