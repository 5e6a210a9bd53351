"""The reading room under many readers."""
