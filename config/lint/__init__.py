"""What is valid and yet hardly meant: rules, weights, backends and policies that have no effect."""
