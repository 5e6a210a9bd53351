"""How politely a page is fetched: addresses, redirects, retries, robots.txt, truncated responses."""
