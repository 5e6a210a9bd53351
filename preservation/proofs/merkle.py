"""An append-only Merkle log over the snapshots: RFC 6962 §2.1 hashes, RFC 9162 §2.1 proofs, SHA-256. Pure functions.

Leaves are 32-byte leaf hashes in snapshot order. `levels(leaves)` is computed once and serves every root and proof of the log
and of its earlier sizes; a Frontier keeps the root of a growing log without the earlier leaves.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from notices.text.language import _
from pipeline.warc.series import warc_date

Levels = list[list[bytes]]  # level k: the hash of every complete subtree of 2**k leaves
EMPTY_ROOT = sha256(b"").digest()
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_MOST = 64  # a proof in a log of 2**63 leaves is no longer


def leaf_data(payload_digest: str, url: str, fetched_at: datetime) -> bytes:
    """What a leaf commits to. The URL comes last: it alone may contain any character.

    Raises ValueError for a digest that is not sha256:<hex>.
    """
    if not _DIGEST.fullmatch(payload_digest):
        raise ValueError(_("{payload_digest!r} is not sha256: and 64 hex digits").format(payload_digest=payload_digest[:100]))
    return f"notices-snapshot/1\n{payload_digest}\n{warc_date(fetched_at)}\n{url}\n".encode("utf-8", "surrogatepass")


def leaf(payload_digest: str, url: str, fetched_at: datetime) -> bytes:
    """The leaf hash of one snapshot."""
    return leaf_hash(leaf_data(payload_digest, url, fetched_at))


def leaf_hash(data: bytes) -> bytes:
    """The hash of a leaf's data."""
    return sha256(b"\x00" + data).digest()


def _node(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


def levels(leaves: Iterable[bytes]) -> Levels:
    """Every complete subtree of the log, level by level from the leaves up; 64 bytes a leaf."""
    built = [list(leaves)]
    while len(built[-1]) > 1:
        below = iter(built[-1])
        built.append([sha256(b"\x01" + left + right).digest() for left, right in zip(below, below, strict=False)])
    return built


def root(leaves: Iterable[bytes]) -> bytes:
    """The root over these leaf hashes."""
    built = levels(leaves)
    return root_at(built, len(built[0]))


def root_at(built: Levels, size: int) -> bytes:
    """The root the log had when it held `size` leaves."""
    _within(size, len(built[0]))
    return _subtree(built, 0, size) if size else EMPTY_ROOT


def inclusion_proof(built: Levels, index: int, size: int) -> list[bytes]:
    """The proof that leaf `index` is in the log of `size` leaves (RFC 9162 §2.1.3.1)."""
    _within(size, len(built[0]))
    _within(index, size - 1)
    proof, start, end = [], 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            proof.append(_subtree(built, middle, end))
            end = middle
        else:
            proof.append(_subtree(built, start, middle))
            start = middle
    return proof[::-1]


def consistency_proof(built: Levels, first: int, second: int) -> list[bytes]:
    """The proof that the log of `second` leaves continues the log of `first` (RFC 9162 §2.1.4.1); empty for 0 and for equal sizes."""
    _within(second, len(built[0]))
    _within(first, second)
    proof: list[bytes] = []
    start, end = 0, second
    if first == 0:
        return proof
    while first != end:
        middle = start + _split(end - start)
        if first <= middle:
            proof.append(_subtree(built, middle, end))
            end = middle
        else:
            proof.append(_subtree(built, start, middle))
            start = middle
    return ([_subtree(built, start, end)] if start else []) + proof[::-1]


def _subtree(built: Levels, start: int, end: int) -> bytes:
    """The hash over leaves [start, end), where start is a multiple of a power of two that is no less than the span."""
    span = end - start
    if span & (span - 1) == 0:
        level = span.bit_length() - 1
        return built[level][start >> level]
    middle = start + _split(span)
    return _node(_subtree(built, start, middle), _subtree(built, middle, end))


def _split(span: int) -> int:
    """The largest power of two below `span`."""
    return 1 << ((span - 1).bit_length() - 1)


def _within(value: int, most: int) -> None:
    if not 0 <= value <= most:
        raise ValueError(_("{value} is not from 0 to {most}").format(value=value, most=most))


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], expected: bytes) -> bool:
    """Whether the proof shows that the leaf hash is at `index` in the log of `size` leaves with this root (RFC 9162 §2.1.3.2)."""
    if not 0 <= index < size < 1 << _MOST - 1 or not _hashes(leaf, expected, *proof):
        return False
    node, last, result = index, size - 1, leaf
    for step in proof:
        if last == 0:
            return False
        if node & 1 or node == last:
            result = _node(step, result)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            result = _node(result, step)
        node, last = node >> 1, last >> 1
    return last == 0 and result == expected


def verify_consistency(first: int, second: int, proof: Sequence[bytes], first_root: bytes, second_root: bytes) -> bool:
    """Whether the proof shows that the second log begins with all of the first log (RFC 9162 §2.1.4.2)."""
    if not 0 <= first <= second < 1 << _MOST - 1 or not _hashes(first_root, second_root, *proof):
        return False
    if first == second:
        return not proof and first_root == second_root
    if first == 0:
        return not proof and first_root == EMPTY_ROOT
    steps = list(proof) if first & (first - 1) else [first_root, *proof]
    return bool(steps) and _consistent(first - 1, second - 1, steps, first_root, second_root)


def _consistent(node: int, last: int, steps: list[bytes], first_root: bytes, second_root: bytes) -> bool:
    while node & 1:
        node, last = node >> 1, last >> 1
    old = new = steps[0]
    for step in steps[1:]:
        if last == 0:
            return False
        if node & 1 or node == last:
            old, new = _node(step, old), _node(step, new)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            new = _node(new, step)
        node, last = node >> 1, last >> 1
    return last == 0 and old == first_root and new == second_root


def _hashes(*values: bytes) -> bool:
    return len(values) <= _MOST + 2 and all(len(v) == 32 for v in values)


@dataclass(frozen=True)
class Frontier:
    """The least that a growing log must keep: its size and the roots of its complete subtrees, largest first."""

    size: int = 0
    peaks: tuple[bytes, ...] = ()


def extend(frontier: Frontier, leaves: Iterable[bytes]) -> Frontier:
    """The frontier after these further leaf hashes."""
    size, peaks = frontier.size, list(frontier.peaks)
    for value in leaves:
        peaks.append(value)
        size += 1
        for _attempt in range((size & -size).bit_length() - 1):
            right = peaks.pop()
            peaks[-1] = _node(peaks[-1], right)
    return Frontier(size, tuple(peaks))


def frontier_root(frontier: Frontier) -> bytes:
    """The root of the log that the frontier represents."""
    if not frontier.peaks:
        return EMPTY_ROOT
    *left, result = frontier.peaks
    for peak in reversed(left):
        result = _node(peak, result)
    return result
