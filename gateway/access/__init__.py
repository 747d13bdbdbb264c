"""The I/O side of `policies.access`: keys and passwords from files and URLs, and answers to what its steps ask."""
