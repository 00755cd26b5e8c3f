"""How an account goes: somebody asks for it, it can be kept for some days, and then everything in it is deleted.

What is asked for is a date in the person's row. Until then the account rests: nothing comes in, and nobody is logged
in. When it has come, a worker deletes the account, piece by piece, each in a short transaction that has locked the
person's row, as everything does that changes what a person has. It can be killed at any moment: what is left in the
database is what is left to do.
"""
