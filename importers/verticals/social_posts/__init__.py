"""SOCIAL-POSTS: what people posted."""
