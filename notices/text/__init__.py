"""Text as characters: HTML to text, folding, dates, what may be shown."""
