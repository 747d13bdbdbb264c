"""Who may come in: by network, token, key or password; a step of a route's chain each, and dry run around any."""
