"""How the cells of spreadsheets show their numbers."""
