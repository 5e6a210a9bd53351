"""Knowledge of the field: document numbers, kinds, regions, agencies, and their tables."""
