"""How politely: requests, redirects, retries, robots, addresses."""
