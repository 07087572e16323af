"""Who asks and what they may spend: visitors, credentials, quotas."""
