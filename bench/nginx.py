"""nginx as a WebDAV server, which takes a file by PUT: what an upload is measured against."""

import grp
import os
import pwd
import re
import shutil
import subprocess
from pathlib import Path

from bench.process import Process, free_port

WHERE_IT_MAY_BE = os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/sbin", "/usr/local/sbin"))
CONFIGURATION = """\
daemon off;
worker_processes 1;
pid {folder}/pid;
{user}
events {{ worker_connections 8192; }}
http {{
    access_log off;
    client_max_body_size 0;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port};
        root {folder}/files;
        location / {{ {location} }}
    }}
}}
"""
PROXY = """proxy_pass http://127.0.0.1:{port}; proxy_http_version 1.1; proxy_request_buffering off;
            proxy_set_header Host $host; proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_set_header X-Forwarded-Proto $scheme; proxy_read_timeout 120s;"""


def missing() -> str:
    """Why nginx can't be measured here; empty if it can."""
    if _binary() is None:
        return "nginx is not installed"
    if "http_dav_module" not in _says("-V"):
        return "this nginx has no http_dav_module"
    return ""


def version() -> str:
    """Such as `1.22.1`; empty if there is no nginx."""
    found = re.search(r"nginx/(\S+)", _says("-v")) if _binary() else None
    return found[1] if found else ""


class Nginx(Process):
    """One worker with nginx's own defaults. A file that was PUT lies in `files` as soon as it is answered.

    `proxied`: the port of a server that everything is handed on to instead, as docs/operators.md says.
    """

    def __init__(self, folder: Path, proxied: int | None = None) -> None:
        self.files = folder / "files"
        self.files.mkdir(parents=True)
        port = free_port()
        location = "dav_methods PUT;" if proxied is None else PROXY.format(port=proxied)
        configuration = folder / "nginx.conf"
        configuration.write_text(CONFIGURATION.format(folder=folder, port=port, user=_user(), location=location))
        command = [_binary() or "", "-c", str(configuration), "-p", str(folder), "-e", "stderr"]
        super().__init__(command, port, folder, folder / "log")


def _binary() -> str | None:
    return shutil.which("nginx", path=WHERE_IT_MAY_BE)


def _user() -> str:
    """Workers run as whoever runs the bench. Only root has a choice, and would be somebody else without this line."""
    if os.geteuid():
        return ""
    return f"user {pwd.getpwuid(os.geteuid()).pw_name} {grp.getgrgid(os.getegid()).gr_name};"


def _says(option: str) -> str:
    return subprocess.run([_binary() or "", option], capture_output=True, text=True, check=False).stderr
