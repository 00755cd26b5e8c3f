"""How people get in: sign-up, log-in with a second step, sessions, and being asked again, over django-allauth."""
