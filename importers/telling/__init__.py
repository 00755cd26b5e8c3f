"""What people are told by mail of what comes in: that a transfer is over, and that room runs out."""
