"""Stores generations and images on disk."""
