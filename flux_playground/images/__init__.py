"""Image files: what they are, how they are sent, and the metadata inside them."""
