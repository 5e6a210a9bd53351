"""The search command."""
