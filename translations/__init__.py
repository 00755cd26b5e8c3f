"""What people read in other languages than English: found in the code, kept in catalogues, compiled, compared.

Nothing of it is needed to run the server: Django reads the `.mo` files, which are committed.
"""
