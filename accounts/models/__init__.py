from accounts.models.application import Application
from accounts.models.ended_client import EndedClient
from accounts.models.ended_session import EndedSession
from accounts.models.later_access import LaterAccess
from accounts.models.limit_window import LimitWindow
from accounts.models.user import User

__all__ = ["Application", "EndedClient", "EndedSession", "LaterAccess", "LimitWindow", "User"]
