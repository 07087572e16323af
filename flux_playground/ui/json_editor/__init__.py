"""The request as JSON beside the form."""
