"""How fast Weir is, beside other proxies, in one run on one machine: `python -m benchmarks run`."""
