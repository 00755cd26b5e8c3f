"""What Prometheus is told: what the web processes of this machine have counted, and what stands in the database."""
