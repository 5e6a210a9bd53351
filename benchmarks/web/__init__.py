"""What the reading room carries: many readers at once on a large archive."""
