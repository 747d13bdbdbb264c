"""Where documents come from: files and folders, Consul KV, the admin API."""
