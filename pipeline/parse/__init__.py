"""A notice's page, read into a Notice."""
