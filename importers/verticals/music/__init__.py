"""MUSIC and PLAYLISTS: playlists with their tracks, recordings and releases, in both models that services send."""
