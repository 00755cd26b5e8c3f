"""How far a run of an export has come, and what it has found."""

from dataclasses import dataclass, field


@dataclass
class ExportProgress:
    """How far a run has come; `doctypes`: documents and their bytes; `unchanged`: documents that were omitted;
    `cut_names`: names that were too long; `omitted_count`, `omitted_size`: files that an earlier
    export carries, and their bytes. Read by the thread that writes it down."""

    expected: int = 0
    unchanged: int = 0
    cut_names: int = 0
    documents: int = 0
    total_size: int = 0
    files_count: int = 0
    files_size: int = 0
    omitted_count: int = 0
    omitted_size: int = 0
    doctypes: dict[str, list[int]] = field(default_factory=dict)

    def count(self, doctype: str, size: int) -> None:
        """One more document."""
        self.documents += 1
        self.total_size += size
        counts = self.doctypes.setdefault(doctype, [0, 0])
        counts[0] += 1
        counts[1] += size
