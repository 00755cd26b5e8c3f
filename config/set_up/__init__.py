"""Whether an installation is set up as it should be, question by question."""
