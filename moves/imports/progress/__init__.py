"""What people see while something arrives; reads rows only."""
