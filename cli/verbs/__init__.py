"""One file a verb of the notices command."""
