"""Where limits are counted: for the node in shared memory, for all gateways in Redis."""
