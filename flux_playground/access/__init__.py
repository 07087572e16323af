"""Visitors, credentials, quotas."""
