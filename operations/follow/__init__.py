"""One archive follows another: what the one serves, and what the other fetches, checks and takes in (docs/follow.md)."""
