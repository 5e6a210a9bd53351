"""Answers of an engine: tiers, cursors, facets, snippets, suggestions."""
