"""Tree to expanded tree: names, aliases."""
