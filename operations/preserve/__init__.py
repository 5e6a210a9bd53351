"""Jobs on the archive as evidence: verify, repair, restore, back up, reparse."""
