"""The names of the background tasks, so that whoever wakes a worker needs nothing of what the worker does.

They are what stands in messages, so a message that is still on its way when the server is updated is understood.
"""

from enum import StrEnum


class BackgroundTask(StrEnum):
    """One member per task of moves/tasks.py, whose docstrings say what each does."""

    MAKE_EXPORT = "moves.tasks.make_export"
    HASH_PARTS = "moves.tasks.hash_parts"
    SEND_EXPORT_MAIL = "moves.tasks.send_export_mail"
    IMPORT_ARCHIVE = "moves.tasks.import_archive"
    SETTLE_IMPORT = "moves.tasks.settle_import"
    SEND_IMPORT_MAIL = "moves.tasks.send_import_mail"
    TELL_TARGET = "moves.tasks.tell_target"
    SAY_FAREWELL = "moves.tasks.say_farewell"
    STEP_MOVE = "moves.tasks.step_move"
    PROVE_MOVE = "moves.tasks.prove_move"
    SEND_MOVE_MAIL = "moves.tasks.send_move_mail"
    CLEAN_MOVES = "moves.tasks.clean_moves"
