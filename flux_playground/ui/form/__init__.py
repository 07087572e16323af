"""The form: from the fields of the schema to inputs, and back to values."""
