"""What people see of what came in."""
