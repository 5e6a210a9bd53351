"""How well and how robustly pages are read."""
