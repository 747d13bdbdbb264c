"""Request bodies taken whole before the backend is asked."""
