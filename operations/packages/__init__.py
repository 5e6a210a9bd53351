"""Notices as packages for others: web archives and data with their digests."""
