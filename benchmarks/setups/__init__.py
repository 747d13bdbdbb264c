"""What a scenario wants of a proxy beyond one route and one endpoint, said once and written for each of them."""
