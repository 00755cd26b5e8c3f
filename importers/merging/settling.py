"""What is only known of documents when all of an archive have come."""

from dataclasses import dataclass

from importers.documents.arriving import Outcome


@dataclass(frozen=True)
class Settlement:
    """That a document of an archive did not become what was said of it when it came (`before`, None where nothing
    was), but `outcome`. `job`: the import that said so. `note` is a sentence for the report."""

    doctype: str
    id: str
    job: str
    before: Outcome | None
    outcome: Outcome
    note: str = ""
