"""A real nginx with the configuration that operators are given."""

import os
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.support.certificates import authority
from tests.support.checkout import CHECKOUT

NGINX = shutil.which(
    "nginx", path=os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/sbin", "/usr/local/sbin"))
)
GIVEN = CHECKOUT / "deploy/nginx.conf"
AROUND = """\
daemon off;
{user}
worker_processes 1;
pid {folder}/pid;
error_log {folder}/error.log;
events {{ worker_connections 256; }}
http {{
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
{given}
}}
"""


class RealNginx:
    """An nginx in front of a server, and how to speak to it. `plain` and `secure` are its addresses."""

    def __init__(self, folder: Path, server: str, without: str = "", instead: str = "") -> None:
        """`without`: a piece of the file that is replaced by `instead` first."""
        self.folder = folder
        self._ports = _free_ports(2)
        certificate, _ = authority(folder)
        given = _replaced(GIVEN.read_text(), without, instead) if without else GIVEN.read_text()
        for old, new in {
            "127.0.0.1:8000": httpx.URL(server).netloc.decode(),
            "listen 80;": f"listen 127.0.0.1:{self._ports[0]};",
            "listen [::]:80;": "",
            "listen 443 ssl;": f"listen 127.0.0.1:{self._ports[1]} ssl;",
            "listen [::]:443 ssl;": "",
            "server_name wharf.example;": "server_name 127.0.0.1;",
            "/etc/ssl/wharf/certificate.pem": str(certificate),
            "/etc/ssl/wharf/key.pem": str(folder / "key.pem"),
            "client_header_timeout 10s;": "client_header_timeout 60s;",  # a client of a busy machine is no stranger
        }.items():
            given = _replaced(given, old, new)
        self._file = folder / "nginx.conf"
        self._file.write_text(AROUND.format(folder=folder, user="user root;" if os.geteuid() == 0 else "", given=given))
        self.plain, self.secure = f"http://127.0.0.1:{self._ports[0]}", f"https://127.0.0.1:{self._ports[1]}"
        self.context = ssl.create_default_context(cafile=str(certificate))

    @contextmanager
    def running(self) -> Iterator["RealNginx"]:
        """Runs it until the end of a `with` block."""
        command = [str(NGINX), "-c", str(self._file), "-p", str(self.folder), "-e", str(self.folder / "error.log")]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
            try:
                self._wait_for(process)
                yield self
            finally:
                process.terminate()
                process.wait(timeout=60)

    def client(self) -> httpx.Client:
        """Returns a browser that trusts its certificate, and follows no redirect."""
        return httpx.Client(base_url=self.secure, verify=self.context, timeout=60)

    def connect(self) -> ssl.SSLSocket:
        """Returns a connection by TLS, for those who write to it by themselves."""
        line = socket.create_connection(("127.0.0.1", self._ports[1]), timeout=60)
        return self.context.wrap_socket(line, server_hostname="127.0.0.1")

    def _wait_for(self, process: subprocess.Popen[str]) -> None:
        deadline = time.monotonic() + 60
        while True:
            if process.poll() is not None:
                raise AssertionError(process.stderr.read() if process.stderr else "nginx has ended")
            try:
                socket.create_connection(("127.0.0.1", self._ports[1]), timeout=1).close()
                return
            except OSError:
                assert time.monotonic() < deadline
                time.sleep(0.02)


def _replaced(text: str, old: str, new: str) -> str:
    """Returns the text with one piece replaced, which must be there: else the test would show something else."""
    assert text.count(old) == 1, f"{old} is {text.count(old)} times in {GIVEN}"
    return text.replace(old, new)


def _free_ports(number: int) -> list[int]:
    lines = [socket.create_server(("127.0.0.1", 0)) for _ in range(number)]
    try:
        return [line.getsockname()[1] for line in lines]
    finally:
        for line in lines:
            line.close()
