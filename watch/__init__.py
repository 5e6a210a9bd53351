"""Saved searches: what they match, and how people are told."""
