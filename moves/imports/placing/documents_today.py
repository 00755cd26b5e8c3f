"""Documents that are kept whole say when they were changed, which decides between two states: it is read again."""

from accounts import strict_json
from importers.above import RereadStep
from moves.imports.placing.whole_documents import updated_at
from moves.models import Document


def read_again(documents: list[Document]) -> int:
    """Notes when documents say that they were changed. Returns of how many that is another time than before."""
    changed = 0
    for document in documents:
        try:
            body = strict_json.loads(document.body)
        except (ValueError, RecursionError):  # what can't be read says no time
            continue
        said = updated_at(body) if isinstance(body, dict) else None
        if said is not None and said != document.updated_at:
            changed += Document.objects.filter(pk=document.pk, body=document.body).update(updated_at=said)
    return changed


DOCUMENTS_TODAY = RereadStep(Document, Document.objects.all, read_again)
