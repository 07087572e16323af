"""Sweeps: one request with up to three axes of values, as generations that are laid out and compared."""
