"""Work shared among machines: ticks of the clock as jobs in a queue on PostgreSQL, and the workers that run them."""
