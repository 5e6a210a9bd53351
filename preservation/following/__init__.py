"""What an archive keeps of the one that it follows: its signed notes, the entries of its log that it does not hand out, and the proof over both."""
