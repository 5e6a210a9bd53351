"""Verbs that show notices."""
