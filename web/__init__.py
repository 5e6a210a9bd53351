"""The reading room: pages for people and an API for programs over one archive, which it only reads."""
