"""Bodies of errors, as operators write them."""
