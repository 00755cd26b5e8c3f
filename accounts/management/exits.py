"""What commands end with."""

INTERRUPTED = 130  # what shells say of a program that Ctrl-C has ended: 128 and the number of SIGINT
