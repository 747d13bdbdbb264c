"""Gateway API semantics: what is attached to what, what resolves, who wins, and the status conditions that say so."""
