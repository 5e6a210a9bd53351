"""What the clock is to do, and when: jobs, due moments, holds. The clock itself is scheduler.py."""
