"""Keeps generations and images on disk."""
