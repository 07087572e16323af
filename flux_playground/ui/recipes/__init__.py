"""Recipes on the page: import, reuse, code, reproduction."""
