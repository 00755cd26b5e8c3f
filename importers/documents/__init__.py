"""The documents of an archive, both ways: what a record's document says, and what is read from one that came."""
