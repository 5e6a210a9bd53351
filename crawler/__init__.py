"""What to fetch, when and how politely: sources, list pages, the spider."""
