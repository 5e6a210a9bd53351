"""A small government site in the likeness of a real one: invented city, people and numbers."""
