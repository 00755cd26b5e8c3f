from accounts.models.application import Application
from accounts.models.user import User

__all__ = ["Application", "User"]
