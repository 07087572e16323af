"""Sweeps: a request with axes of values is planned, made, compared in a sheet and voted on."""
