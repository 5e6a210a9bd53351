"""Bytes of a notice on disk; see __main__."""
