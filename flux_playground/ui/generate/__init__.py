"""Generating: the actions of the page, live updates, the result and the history."""
