"""A document meets the record that is here."""
