"""What commands end with."""

INCOMPLETE = 3  # it is done, but not everything is there
INTERRUPTED = 130  # what shells say of a program that Ctrl-C has ended: 128 and the number of SIGINT
