"""Everything that a person has, found by what it says.

What is searched of a record stands in a `SearchEntry`, normalised (`normal.py`), under a key that says whose it is, of
which kind, and of which day (`places.py`), so that either database walks over one person's records of one kind from
the newest on, and over nobody else's. Triggers mark what has changed and take away what is gone, in the transaction
that does so (`triggers.py`); a worker writes entries of what is marked (`index.py`).
"""
