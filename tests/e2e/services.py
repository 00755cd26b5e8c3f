"""The services that installations of the fault run are on: files, or those that the environment names.

`DATABASE_URL`: a PostgreSQL, on which each installation has a database of its own. `FAULTS_BROKERS`: the brokers of the
two, `amqp://…/one amqp://…/two`, since they must not take each other's messages. `FAULTS_S3`: if it is set, content
goes to an S3 server that is started for them.
"""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from tests.e2e.servers import eventually
from tests.support.checkout import CHECKOUT
from tests.support.template_database import create_postgresql, drop_postgresql

AWS = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing", "AWS_DEFAULT_REGION": "us-east-1"}
BUCKET = "faults"
POOL = 8  # connections of a process; eight processes have to share those of a PostgreSQL as it is installed


@dataclass
class Services:
    """The settings of an installation, by its name."""

    s3: dict[str, str] = field(default_factory=dict)
    databases: list[str] = field(default_factory=list)
    brokers: list[str] = field(default_factory=lambda: os.environ.get("FAULTS_BROKERS", "").split())

    def settings_of(self, name: str) -> dict[str, str]:
        """Makes what there has to be before it begins. Returns what its environment says."""
        settings = dict(self.s3) | ({"S3_PREFIX": name} if self.s3 else {})
        if self.brokers:
            settings["CELERY_BROKER_URL"] = self.brokers.pop(0)
        if (url := os.environ.get("DATABASE_URL", "")).startswith("postgres"):
            database = f"wharf_faults_{name}_{os.getpid()}"
            create_postgresql(url, database)
            self.databases.append(database)
            settings |= {
                "DATABASE_URL": urlsplit(url)._replace(path=f"/{database}").geturl(),
                "DATABASE_POOL": str(POOL),
            }
        return settings


@contextmanager
def services() -> Iterator[Services]:
    """Those of a run, which end with it."""
    with s3_server() as s3:
        found = Services(s3)
        try:
            yield found
        finally:
            for database in found.databases:
                drop_postgresql(os.environ["DATABASE_URL"], database)


@contextmanager
def s3_server() -> Iterator[dict[str, str]]:
    """What an installation is told of an S3 server with a bucket; nothing where none is wanted."""
    if not os.environ.get("FAULTS_S3"):
        yield {}
        return
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "moto.server", "--host", "127.0.0.1", "--port", str(port)]
    process = subprocess.Popen(command, cwd=CHECKOUT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        eventually("S3", lambda: _listens(port))
        import boto3  # it takes a second, which only runs on S3 pay

        url = f"http://127.0.0.1:{port}"
        keys = {name.lower(): value for name, value in AWS.items() if name != "AWS_DEFAULT_REGION"}
        boto3.resource("s3", endpoint_url=url, region_name="us-east-1", **keys).Bucket(BUCKET).create()
        yield {"S3_BUCKET": BUCKET, "S3_ENDPOINT_URL": url, **AWS}
    finally:
        process.kill()
        process.wait()


def _listens(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port)):
        return True
    return False
