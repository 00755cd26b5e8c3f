"""Wharf's settings: facts, read from the environment, in a file for each subject.

Nothing needs to be set on a laptop. An https `WHARF_BASE_URL` means production: cookies only over TLS, HSTS, and a
`SECRET_KEY` that must be given.
"""

from config.settings.application import *
from config.settings.archives import *
from config.settings.audit import *
from config.settings.connections import *
from config.settings.database import *
from config.settings.incoming import *
from config.settings.jobs import *
from config.settings.log import *
from config.settings.metrics import *
from config.settings.moves import *
from config.settings.oauth import *
from config.settings.people import *
from config.settings.place import *
from config.settings.security import *
from config.settings.storage import *
from config.settings.thumbnails import *
from config.settings.workers import *
