"""A fleet in simulated time: the gateway's own decisions about made-up traffic, the same in every run."""
