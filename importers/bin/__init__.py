"""What people throw away: it goes to the bin, comes back from there, or is deleted for good."""
