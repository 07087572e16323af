"""Sessions of browser tabs, and who sends a request."""
