"""What standard formats share."""
