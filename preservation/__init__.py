"""Evidence: fixity, repair, restore, proofs."""
