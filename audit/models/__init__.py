"""The trail: events in chains, what is known of them, and checkpoints over all chains."""

from audit.models.chain import AuditChain
from audit.models.checkpoint import AuditCheckpoint, CheckpointCopy
from audit.models.event import AuditDetail, AuditEvent
from audit.models.repeat import AuditRepeat

__all__ = ["AuditChain", "AuditCheckpoint", "AuditDetail", "AuditEvent", "AuditRepeat", "CheckpointCopy"]
