"""An engine asked: tiers, cursor, facets, snippets."""
