"""Presence of a notice and health of a source, from what was observed."""
