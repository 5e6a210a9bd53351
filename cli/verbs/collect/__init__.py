"""Verbs that bring notices in."""
