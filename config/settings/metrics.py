"""`/metrics`, for Prometheus: to whoever has the token, or comes from one of the networks; 404 for everybody else."""

from config.settings.place import env

WHARF_METRICS_TOKEN = env.str("WHARF_METRICS_TOKEN", default="")
WHARF_METRICS_NETWORKS = env.list("WHARF_METRICS_NETWORKS", default=[])  # such as 10.0.0.0/8
