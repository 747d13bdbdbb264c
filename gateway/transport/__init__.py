"""TCP without the loop's transports: an epoll set of its own, and connections as cheap as the kernel lets them be."""
