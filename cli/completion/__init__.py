"""`notices completion`: scripts that complete the commands in a shell."""
