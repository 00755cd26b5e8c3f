"""The audit trail of what came in: transfers, and what was refused."""
