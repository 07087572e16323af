"""The choice of an endpoint and of the OpenAPI document."""
