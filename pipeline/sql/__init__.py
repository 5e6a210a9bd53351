"""Tables, migrations, the outbox, runs and locks."""
