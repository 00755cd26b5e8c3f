"""Everything that strangers can do at once to hold what is shared: does anyone who is known notice?"""

import os
import socket
import stat
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from statistics import median

import httpx

from bench import nginx
from bench.bench import MIB, Bench, in_bytes, in_ms, say
from bench.connection import RawConnection, form_token, head
from bench.crowd import download_request
from bench.items import post_request, small_file_request
from bench.memory import Growth
from bench.nginx import Nginx
from bench.process import LOOPBACK
from bench.server import BenchServer
from bench.table import BenchRow, at_most

SILENT = 1000
DRIPPING = 200
READERS = 200
PEERS = 150
TIMES_WITHOUT = 1.1
MEMORY_AT_MOST = 512 * MIB  # a chunk of a download for each who does not read it, 64 KiB for each who sends, and room
DISK_AT_MOST = MIB  # beside what was kept
FORM_RATE = 50 * MIB  # bytes a second of the form without an end
FILE = 3 * MIB
SETTLES = 6.0  # seconds until all have come and got what they get at once: what lasts is measured, not their arrival

Latencies = dict[str, list[float]]


def measure(bench: Bench) -> Iterator[BenchRow]:
    """Latency of an item, of a file and of /status with strangers there and without, in turns; memory and disk."""
    yield from _behind(bench, proxied=False)
    if why := nginx.missing():
        yield BenchRow.missing("latency among strangers, behind nginx", why)
    else:
        yield from _behind(bench, proxied=True)


def _behind(bench: Bench, *, proxied: bool) -> Iterator[BenchRow]:
    where = " behind nginx" if proxied else ""
    with ExitStack() as stack:
        server = stack.enter_context(bench.server(WHARF_TRUSTED_NETWORKS="127.0.0.0/8"))
        front = stack.enter_context(Nginx(bench.new_folder("proxy"), server.port)) if proxied else server
        download = download_request(server, bench.account, bench.sizes.download)
        without: list[Latencies] = []
        among: list[Latencies] = []
        grown: list[int] = []
        filled: list[int] = []
        for number in range(bench.sizes.stall_rounds + 1):
            say(f"strangers{where}: round {number} of {bench.sizes.stall_rounds}")
            without.append(_latencies(bench, front.port))
            with Growth(server.pid) as growth, strangers(front.port, server.port, download):
                among.append(_latencies(bench, front.port))
                filled.append(_written(server))
            grown.append(growth.bytes)
    without, among = without[1:], among[1:]  # the first round warms up and is not counted
    crowd = f"{SILENT} silent, {DRIPPING} dripping, {READERS} unread, {PEERS} at silent peers, an endless form"
    for name in without[0]:
        ratio = median(median(one[name]) / median(other[name]) for one, other in zip(among, without, strict=True))
        took = [median([second for one in rounds for second in one[name]]) for rounds in (among, without)]
        made_of = f"{in_ms(took[0])} against {in_ms(took[1])}; {crowd}"
        yield at_most(f"{name}{where}: time among strangers / without", ratio, TIMES_WITHOUT, made_of)
    yield _bytes_row(f"memory that strangers take{where}", max(grown[1:]), MEMORY_AT_MOST)
    yield _bytes_row(f"disk space that strangers take{where}", max(filled[1:]), DISK_AT_MOST)


def _bytes_row(what: str, size: int, most: int) -> BenchRow:
    return BenchRow(what, in_bytes(size), f"at most {in_bytes(most)}", size <= most, "the most in any round")


def _written(server: BenchServer) -> int:
    """Bytes in files that the server is writing, but for its database: where forms and uploads would be."""
    size = 0
    for file in Path(f"/proc/{server.pid}/fd").iterdir():
        with suppress(OSError):  # it is closed by now
            said = (file.parent.parent / "fdinfo" / file.name).read_text()
            is_written = int(said.split("flags:")[1].split()[0], 8) & os.O_ACCMODE != os.O_RDONLY
            is_kept = file.readlink().name.startswith("wharf.sqlite3") or file.readlink().suffix == ".log"
            if is_written and not is_kept and stat.S_ISREG(file.stat().st_mode):
                size += file.stat().st_size
    return size


@contextmanager
def strangers(port: int, behind: int, download: bytes) -> Iterator[None]:
    """All of them, for the time of the block. `behind`: the server's own port, for those whom a proxy would keep away
    from it: it reads answers that nobody else reads."""
    done = threading.Event()
    with ExitStack() as stack:
        for _ in range(SILENT):
            stack.enter_context(RawConnection(port))
        dripping = [stack.enter_context(RawConnection(port)).socket for _ in range(DRIPPING)]
        form = head("POST", "/auth/login", Content_Type="application/x-www-form-urlencoded", Content_Length=60_000)
        for number, connection in enumerate(dripping):
            file = head("POST", "/import/blobs", Authorization="Bearer unknown", Content_Length=10**9)
            connection.sendall(form if number % 2 else file)
        for _ in range(READERS):
            stack.enter_context(RawConnection(behind)).socket.sendall(download)
        silent_peer = stack.enter_context(_silent_peer())
        for request in _asking(port, silent_peer):
            stack.enter_context(RawConnection(port)).socket.sendall(request)
        endless = stack.enter_context(RawConnection(port)).socket
        threads = [
            threading.Thread(target=_drip, args=(dripping, done)),
            threading.Thread(target=_write_for_ever, args=(endless, done)),
        ]
        for thread in threads:
            thread.start()
        try:
            time.sleep(SETTLES)
            yield
        finally:
            done.set()
            endless.shutdown(socket.SHUT_RDWR)
            for thread in threads:
                thread.join()


def _drip(connections: list[socket.socket], done: threading.Event) -> None:
    while not done.wait(1):
        for connection in connections:
            with suppress(OSError):
                connection.send(b"x")


def _write_for_ever(connection: socket.socket, done: threading.Event) -> None:
    with suppress(OSError):
        connection.sendall(
            head("POST", "/move/request", Content_Type="multipart/form-data; boundary=x", Content_Length=10**13)
            + b'--x\r\nContent-Disposition: form-data; name="a"; filename="b"\r\n\r\n'
        )
        while not done.wait(MIB / FORM_RATE):
            connection.sendall(bytes(MIB))


@contextmanager
def _silent_peer() -> Iterator[int]:
    """The port of a server that accepts and says nothing."""
    with socket.create_server((LOOPBACK, 0), backlog=1024) as listening:
        yield int(listening.getsockname()[1])


def _asking(port: int, silent_peer: int) -> list[bytes]:
    """Requests of visitors of the wizard that call a server which says nothing."""
    with httpx.Client(base_url=f"http://{LOOPBACK}:{port}", trust_env=False) as browser:
        browser.get("/move/start").raise_for_status()
        cookies = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
        token = form_token(browser)
    body = f"csrfmiddlewaretoken={token}&role=source&address=http://{LOOPBACK}:{silent_peer}".encode()
    return [
        head(
            "POST",
            "/move/start",
            Cookie=cookies,
            Content_Type="application/x-www-form-urlencoded",
            Content_Length=len(body),
        )
        + body
    ] * PEERS


def _latencies(bench: Bench, port: int) -> Latencies:
    """Seconds of posts, of /status and of files in turns, over one connection."""
    status = head("GET", "/status")
    latencies: Latencies = {"a post": [], "/status": [], "a file of 3 MiB": []}
    with RawConnection(port) as connection:
        for number in range(bench.sizes.stall_block):
            latencies["a post"].append(_seconds(connection, post_request(bench.account.token), 201))
            latencies["/status"].append(_seconds(connection, status, 200))
            if number % 10 == 0:
                request = small_file_request(bench.account.token, FILE)
                latencies["a file of 3 MiB"].append(_seconds(connection, request, 201))
    return latencies


def _seconds(connection: RawConnection, request: bytes, expected: int) -> float:
    began = time.perf_counter()
    connection.exchange(request, expected)
    return time.perf_counter() - began
