from accounts.models.account_deletion import AccountDeletion
from accounts.models.application import Application
from accounts.models.ended_client import EndedClient
from accounts.models.ended_session import EndedSession
from accounts.models.later_access import LaterAccess
from accounts.models.letter import Letter
from accounts.models.limit_window import LimitWindow
from accounts.models.periodic_task import PeriodicTask
from accounts.models.process_sign import ProcessSign
from accounts.models.user import User

__all__ = [
    "AccountDeletion",
    "Application",
    "EndedClient",
    "EndedSession",
    "LaterAccess",
    "Letter",
    "LimitWindow",
    "PeriodicTask",
    "ProcessSign",
    "User",
]
