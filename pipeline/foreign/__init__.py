"""What other programs kept of a site: WARC files, WACZ packages, folders of saved pages. Read here, written nowhere."""
