"""What open pages are told while they are open: by a WebSocket, and by one query a second for all of them."""
