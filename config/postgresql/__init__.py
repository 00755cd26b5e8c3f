"""PostgreSQL, whose silence nobody waits for without an end."""
