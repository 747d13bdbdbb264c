"""Request bodies unpacked for the backend, within bounds."""
