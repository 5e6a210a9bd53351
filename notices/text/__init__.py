"""Text as characters: HTML to text, folding, dates, safe display."""
