"""What the APIs of every floor share: who calls, what the token allows, and views whose answers have one form."""
