"""Small pictures of stored pictures and videos: made by a worker, once however many hold them, and shown to those."""
