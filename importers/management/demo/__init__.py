"""What `make demo` is made of: a server and a worker, a person at a browser, and an exporter's credentials."""
