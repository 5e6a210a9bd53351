"""Bytes to Notice to SQL."""
