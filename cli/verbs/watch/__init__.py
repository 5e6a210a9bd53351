"""Verbs that tell people of changes."""
