"""One module for each way to tell people; each reads the receiver's own answer."""
