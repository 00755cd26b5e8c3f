"""How times are written where nobody says otherwise, which is in the admin."""
