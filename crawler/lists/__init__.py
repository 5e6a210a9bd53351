"""How a list page is read: lines, links, dates, pagers."""
