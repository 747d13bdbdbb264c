"""PolicyTests carried out on a snapshot, with no sockets."""
