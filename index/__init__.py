"""The full-text index: engines, the query language, snippets."""
