"""The program that finds out when a series takes place. Rules are anybody's: one may keep a library busy for ever, so
this is a child of a worker, with little memory and little time. It knows nothing else of this project but how a child
is bound."""
