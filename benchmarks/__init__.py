"""How fast Weir is, beside nginx and HAProxy, in one run on one machine: `python -m benchmarks run`."""
