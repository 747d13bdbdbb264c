"""The conditions that operators write, in CEL: read, typed and bounded when a file is loaded."""
