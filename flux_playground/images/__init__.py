"""Image files: what they are, how they are sent to the API, and the metadata inside."""
