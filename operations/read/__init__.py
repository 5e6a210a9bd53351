"""Notices as their readers see them: looking them up, showing them, comparing their revisions."""
