"""What the archive costs as it grows: CPU, memory, and which of the stated goals are met."""
