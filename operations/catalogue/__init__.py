"""Columns of the catalogue and the lists of sources: chosen, added, looked at."""
