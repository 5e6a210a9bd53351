"""The Merkle log against the published vectors, against the definition, and against every corruption of a proof."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from preservation.proofs.merkle import (
    EMPTY_ROOT,
    Frontier,
    consistency_proof,
    extend,
    frontier_root,
    inclusion_proof,
    leaf,
    leaf_data,
    leaf_hash,
    levels,
    root,
    root_at,
    verify_consistency,
    verify_inclusion,
)

# The vectors of the Certificate Transparency reference implementation (RFC 6962).
INPUTS = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
A = "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7"
B = "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e"
C = "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"
D = "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"
E = "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0"
F = "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a"
LEAVES = [leaf_hash(bytes.fromhex(x)) for x in INPUTS]
NOON = datetime(2026, 3, 1, 4, tzinfo=UTC)


def by_definition(leaves: list[bytes]) -> bytes:
    """MTH of RFC 6962 §2.1, word for word."""
    if len(leaves) < 2:
        return leaves[0] if leaves else sha256(b"").digest()
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return sha256(b"\x01" + by_definition(leaves[:k]) + by_definition(leaves[k:])).digest()


def test_roots_are_the_published_ones() -> None:
    assert root([]).hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert [root(LEAVES[: n + 1]).hex() for n in range(8)] == ROOTS


@pytest.mark.parametrize(
    ("index", "size", "proof"),
    [(0, 1, []), (0, 8, [A, B, C]), (5, 8, [D, E, ROOTS[3]]), (2, 3, [ROOTS[1]]), (1, 5, [ROOTS[0], B, D])],
)
def test_inclusion_proofs_are_the_published_ones(index: int, size: int, proof: list[str]) -> None:
    assert [h.hex() for h in inclusion_proof(levels(LEAVES), index, size)] == proof


@pytest.mark.parametrize(("first", "second", "proof"), [(1, 1, []), (1, 8, [A, B, C]), (6, 8, [F, E, ROOTS[3]]), (2, 5, [B, D])])
def test_consistency_proofs_are_the_published_ones(first: int, second: int, proof: list[str]) -> None:
    assert [h.hex() for h in consistency_proof(levels(LEAVES), first, second)] == proof


def test_every_small_log_agrees_with_the_definition_and_proves_every_leaf() -> None:
    leaves = [leaf_hash(bytes([n])) for n in range(40)]
    built, frontier = levels(leaves), Frontier()
    for size in range(41):
        expected = by_definition(leaves[:size])
        assert root_at(built, size) == frontier_root(frontier) == expected
        frontier = extend(frontier, leaves[size : size + 1])
        for index in range(size):
            assert verify_inclusion(leaves[index], index, size, inclusion_proof(built, index, size), expected)
        for first in range(size + 1):
            proof = consistency_proof(built, first, size)
            assert verify_consistency(first, size, proof, root_at(built, first), expected)


def corruptions(proof: list[bytes]) -> Iterator[list[bytes]]:
    """As transparency-dev/merkle tries them: every element flipped, dropped, repeated or cut, the whole extended either way."""
    other = leaf_hash(b"other")
    for n, step in enumerate(proof):
        yield [*proof[:n], bytes([step[0] ^ 1]) + step[1:], *proof[n + 1 :]]
        yield [*proof[:n], step[:-1] + bytes([step[-1] ^ 128]), *proof[n + 1 :]]
        yield [*proof[:n], *proof[n + 1 :]]
        yield [*proof[: n + 1], step, *proof[n + 1 :]]
        yield [*proof[:n], step[:-1], *proof[n + 1 :]]
        yield [*proof[:n], b"", *proof[n + 1 :]]
        yield [*proof[:n], other, *proof[n:]]
    yield [*proof, other]
    yield [other, *proof]
    yield [*proof, b""]
    if len(set(proof)) > 1:
        yield proof[::-1]


def test_no_corrupted_inclusion_proof_is_accepted() -> None:
    leaves = [leaf_hash(bytes([n])) for n in range(20)]
    built, tried = levels(leaves), 0
    for size in range(1, 21):
        top = root_at(built, size)
        for index in range(size):
            proof = inclusion_proof(built, index, size)
            wrong = [(leaves[index], index, size, p, top) for p in corruptions(proof)]
            wrong += [(leaves[index], i, size, proof, top) for i in (-1, index - 1, index + 1, index ^ 2, size, size + 1) if i != index]
            wrong += [(leaves[index], index, n, proof, top) for n in (0, index, -1)]
            wrong += [(leaf_hash(b"x"), index, size, proof, top), (leaves[index], index, size, proof, leaf_hash(b"x"))]
            wrong += [(leaves[index], index, size, proof, b""), (b"", index, size, proof, top), (top, index, size, [], EMPTY_ROOT)]
            assert not any(verify_inclusion(*case) for case in wrong)
            tried += len(wrong)
    assert tried > 5000


def test_no_corrupted_consistency_proof_is_accepted() -> None:
    leaves = [leaf_hash(bytes([n])) for n in range(20)]
    built = levels(leaves)
    for second in range(1, 21):
        for first in range(1, second + 1):
            proof, old, new = consistency_proof(built, first, second), root_at(built, first), root_at(built, second)
            wrong = [(first, second, p, old, new) for p in corruptions(proof)]
            wrong += [(first, second, proof, leaf_hash(b"x"), new), (first, second, proof, old, leaf_hash(b"x"))]
            wrong += [(second + 1, second, proof, old, new), (-1, second, proof, old, new), (0, second, proof, old, new)]
            wrong += [(first, second, proof, new, old)] if first != second else []
            wrong += [(first - 1, second, proof, old, new), (first, 0, proof, old, new)]
            assert not any(verify_consistency(*case) for case in wrong), (first, second)


@given(st.lists(st.binary(max_size=8), max_size=200), st.data())
def test_rewritten_history_is_never_consistent(data: list[bytes], choice: st.DataObject) -> None:
    leaves = [leaf_hash(d) for d in data] + [leaf_hash(b"one more")]
    first = choice.draw(st.integers(1, len(leaves)))
    altered = list(leaves)
    altered[choice.draw(st.integers(0, first - 1))] = leaf_hash(b"something else entirely")
    built = levels(altered)
    proof = consistency_proof(built, first, len(altered))
    assert not verify_consistency(first, len(altered), proof, root(leaves[:first]), root(altered))
    assert frontier_root(extend(extend(Frontier(), leaves[:first]), leaves[first:])) == root(leaves)


def test_leaf_tells_any_change_of_its_snapshot() -> None:
    digest, url = "sha256:" + "a" * 64, "https://www.example.cn/1.html"
    one = leaf(digest, url, NOON)
    assert one == leaf(digest, url, NOON.astimezone(timezone(timedelta(hours=8))))
    assert (
        len({one, leaf(digest[:-1] + "b", url, NOON), leaf(digest, url + "?", NOON), leaf(digest, url, NOON + timedelta(microseconds=1))})
        == 4
    )
    assert leaf_data(digest, url, NOON).startswith(b"notices-snapshot/1\nsha256:aaa")
    with pytest.raises(ValueError, match="sha256"):
        leaf(digest + "\nx", url, NOON)


def test_proofs_in_a_large_log() -> None:
    rng = random.Random(1)
    leaves = [rng.randbytes(32) for _ in range(100_000)]
    built = levels(leaves)
    for index in rng.sample(range(100_000), 200):
        proof = inclusion_proof(built, index, 100_000)
        assert len(proof) <= 17
        assert verify_inclusion(leaves[index], index, 100_000, proof, root_at(built, 100_000))
    with pytest.raises(ValueError, match="100001"):
        root_at(built, 100_001)
    with pytest.raises(ValueError, match="100000"):
        inclusion_proof(built, 100_000, 100_000)
