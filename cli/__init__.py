"""The commands `search` and `notices`."""
