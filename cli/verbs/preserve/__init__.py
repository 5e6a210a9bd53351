"""Verbs that prove, check and repair."""
