"""Jobs on what other programs kept."""
