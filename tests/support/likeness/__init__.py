"""Notices in the likeness of the platforms, generated to be read wrongly."""
