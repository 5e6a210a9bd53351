"""What the clock is to do, and when: jobs, due moments, what must wait. The clock itself is scheduler.py."""
