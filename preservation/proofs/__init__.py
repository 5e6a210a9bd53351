"""Merkle log, signatures, checkpoints and proofs over the snapshots."""
