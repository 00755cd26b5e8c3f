"""Content on S3, in memory that does not grow with what comes, and within the time of whoever waits.

One client is shared by all threads: one for each of them, as django-storages has it, takes more memory than all bytes
that are on their way.
"""

import contextlib
import os
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as NoConnection
from django.core.files.base import ContentFile, File
from django.utils.deconstruct import deconstructible
from storages.backends.s3 import S3Storage
from storages.utils import clean_name

from accounts.answering import is_server
from importers.content.faults import ASK, DELETE, LIST, READ, WRITE, StorageCall
from importers.content.s3_content import S3Content
from importers.content.s3_deadlines import CallDeadline, watch
from importers.content.spool_file import SpoolFile
from importers.content.storage import STORAGE_CHUNK

MIB = 1024 * 1024
IN_MEMORY = MIB // 4  # bytes of one file that are held in memory
FIRST_PARTS = 8 * MIB  # bytes of each of the first parts; S3 takes none below 5 MiB
MOST_DELETED = 1_000  # files with one request
PARTS = 10_000  # that S3 takes of one file...
GROW_AFTER = 1_000  # ...which hold more than the 5 TiB of S3's largest file, where they double so often
LARGEST_PART = 4 * 1024 * MIB
QUICK = 1.0  # seconds in which a call has failed that is tried again while somebody waits
# Whoever waits for an answer has 10 seconds; a job has time, and botocore tries again for it.
IN_REQUESTS = {"connect_timeout": 2, "read_timeout": 7, "retries": {"total_max_attempts": 1}}
IN_JOBS = {"connect_timeout": 10, "read_timeout": 60, "retries": {"total_max_attempts": 5, "mode": "standard"}}
SENT_AT_ONCE = 8  # parts of all uploads together: each takes some memory, and S3 answers none the sooner for more
CONNECTIONS = 32  # that are kept for the next call
SOCKET = "wharf:socket"  # in an answer: its connection, while bytes come
SILENT = (HTTPClientError, NoConnection)  # S3 has not answered
TRIED = {"head_bucket": ASK, "get_object": READ, "head_object": ASK, "delete_object": DELETE, "delete_objects": DELETE}
NOT_THERE = ("404", "NoSuchKey", "NotFound", "NoSuchUpload")


@deconstructible
class S3ContentStorage(S3Storage):
    """A bucket, or what is below a prefix of one (`location`), in which other installations may have theirs."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._guard = threading.Lock()
        self._clients: dict[tuple[int, bool], Any] = {}
        self._sending = threading.BoundedSemaphore(SENT_AT_ONCE)

    def __getstate__(self) -> dict[str, Any]:
        state: dict[str, Any] = super().__getstate__()
        return {name: value for name, value in state.items() if name not in ("_guard", "_clients", "_sending")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        sending = threading.BoundedSemaphore(SENT_AT_ONCE)
        super().__setstate__(state | {"_guard": threading.Lock(), "_clients": {}, "_sending": sending})

    @property
    def client(self) -> Any:
        """Returns the client of this process: a fork has its own connections."""
        which = os.getpid(), is_server()
        with self._guard:
            if (client := self._clients.get(which)) is None:
                times = IN_REQUESTS if is_server() else IN_JOBS
                client = self._create_session().client(
                    "s3",
                    region_name=self.region_name,
                    use_ssl=self.use_ssl,
                    endpoint_url=self.endpoint_url,
                    verify=self.verify,
                    config=self.client_config.merge(Config(max_pool_connections=CONNECTIONS, **times)),
                )
                self._clients[which] = watch(client)
        return client

    def ask(self) -> None:
        """Raises what S3 says where the bucket is not there, or not ours to use. One request."""
        self._call("head_bucket")

    # Writing

    def save(self, name: str | None, content: Any, max_length: int | None = None) -> str:
        """Returns the name, which is a key of our own and never taken."""
        key = str(name)
        if isinstance(content, ContentFile):  # it is in memory, whole
            content.seek(0)
            self._put(key, content.read())
        else:
            self._save_pieces(key, content.chunks(STORAGE_CHUNK))
        return key

    def _save_pieces(self, key: str, pieces: Iterator[bytes | memoryview]) -> None:
        held = bytearray()
        for piece in pieces:
            held += piece
            if len(held) > IN_MEMORY:
                break
        else:
            self._put(key, bytes(held))
            return
        with SpoolFile() as part:
            part.write(held)
            del held
            self._save_parts(key, part, pieces)

    def _save_parts(self, key: str, part: SpoolFile, pieces: Iterator[bytes | memoryview]) -> None:
        """Sends what comes, each part when it is full. Where that breaks off, nothing of it stays: what S3 does not let
        go of now, `purge` finds."""
        upload: str | None = None
        sent: list[dict[str, Any]] = []
        try:
            for piece in pieces:
                left = memoryview(piece)
                while left:
                    room = part_size(len(sent) + 1) - part.size
                    part.write(left[:room])
                    left = left[room:]
                    if part.size < part_size(len(sent) + 1):
                        continue
                    upload = upload or self._begin(key)
                    sent.append(self._send(key, upload, part, len(sent) + 1))
            if upload is None:
                part.file.seek(0)
                self._put(key, part.file, again=lambda: part.file.seek(0))
                return
            if part.size:
                sent.append(self._send(key, upload, part, len(sent) + 1))
            self._call("complete_multipart_upload", key, UploadId=upload, MultipartUpload={"Parts": sent})
        except BaseException as error:
            if upload is not None and not isinstance(error, SILENT):  # that does not answer: nobody waits twice
                with contextlib.suppress(BotoCoreError, ClientError):
                    self._call("abort_multipart_upload", key, UploadId=upload)
            raise

    def _put(self, key: str, body: Any, again: Callable[[], object] | None = None) -> None:
        self._call("put_object", key, again=again, Body=body, **self._get_write_parameters(key))

    def _begin(self, key: str) -> str:
        return str(self._call("create_multipart_upload", key, **self._get_write_parameters(key))["UploadId"])

    def _send(self, key: str, upload: str, part: SpoolFile, number: int) -> dict[str, Any]:
        part.file.seek(0)
        told = {"UploadId": upload, "PartNumber": number, "Body": part.file}
        with self._sending:
            answer = self._call("upload_part", key, again=lambda: part.file.seek(0), **told)
        part.empty()
        return {"PartNumber": number, "ETag": answer["ETag"]}

    def delete(self, name: str) -> None:
        """Removes it. What is gone already is no error."""
        with contextlib.suppress(FileNotFoundError):
            self._call("delete_object", name)

    def delete_keys(self, names: list[str]) -> None:
        """Removes many, a thousand with a request. What is gone already is no error. Raises `OSError` where S3 has
        not removed all of them."""
        for start in range(0, len(names), MOST_DELETED):
            some = [{"Key": self._normalize_name(clean_name(name))} for name in names[start : start + MOST_DELETED]]
            answer = self._call("delete_objects", Delete={"Objects": some, "Quiet": True})
            if errors := answer.get("Errors"):
                raise OSError(f"S3 did not remove {len(errors)} files: {errors[0].get('Code')}")

    # Reading

    def open_range(self, name: str, start: int, stop: int) -> Any:
        """Returns the bytes from `start` up to, not including, `stop`, or fewer at its end, as something to read from.
        One request, and no byte more is sent. Raises `FileNotFoundError`, and what S3 says."""
        try:
            return self._get(name, Range=f"bytes={start}-{stop - 1}")
        except ClientError as error:
            if _code(error) in ("InvalidRange", "416"):
                return ContentFile(b"")
            raise

    def _open(self, name: str, mode: str = "rb") -> File:
        if mode != "rb":
            raise ValueError("what stands there is never changed")
        return self._get(name)

    def _get(self, name: str, **told: Any) -> S3Content:
        answer = self._call("get_object", name, **told)
        return S3Content(answer["Body"], name, answer.get(SOCKET))

    def size(self, name: str) -> int:
        """Returns its bytes. Raises `FileNotFoundError`."""
        return int(self._call("head_object", name)["ContentLength"])

    def exists(self, name: str) -> bool:
        """Returns whether it is there."""
        try:
            self._call("head_object", name)
        except FileNotFoundError:
            return False
        return True

    # Looking

    def entries(self) -> Iterator[tuple[str, int]]:
        """Yields every key and its size in bytes. One request for each thousand."""
        for page in self._pages("list_objects_v2"):
            for found in page.get("Contents", ()):
                yield self._name(found["Key"]), int(found["Size"])

    def unfinished(self) -> Iterator[tuple[str, str]]:
        """Yields the key of every multipart upload that has not ended, and its id."""
        for page in self._pages("list_multipart_uploads"):
            for found in page.get("Uploads", ()):
                yield self._name(found["Key"]), found["UploadId"]

    def abort(self, name: str, upload: str) -> None:
        """Removes a multipart upload and its parts. One that is gone already is no error."""
        with contextlib.suppress(FileNotFoundError):
            self._call("abort_multipart_upload", name, UploadId=upload)

    def _pages(self, operation: str) -> Iterator[dict[str, Any]]:
        prefix = f"{self.location.strip('/')}/".lstrip("/")
        pages = iter(self.client.get_paginator(operation).paginate(Bucket=self.bucket_name, Prefix=prefix))
        while True:
            with StorageCall(LIST):
                if (page := next(pages, None)) is None:
                    return
            yield page

    def _name(self, key: str) -> str:
        return key[len(f"{self.location.strip('/')}/".lstrip("/")) :]

    def _call(
        self, operation: str, name: str | None = None, again: Callable[[], object] | None = None, **told: Any
    ) -> Any:
        """Runs one operation. Raises `FileNotFoundError` where S3 doesn't know the key, and what botocore raises.

        While somebody waits, botocore tries nothing again. What failed at once, as where S3 asks to slow down or has
        closed an idle connection, is tried once more here: `again` makes it ready for that.
        """
        if name is not None:
            told["Key"] = self._normalize_name(clean_name(name))
        with StorageCall(TRIED.get(operation, WRITE)):
            return self._tried(operation, name, again, told)

    def _tried(self, operation: str, name: str | None, again: Callable[[], object] | None, told: dict[str, Any]) -> Any:
        call = getattr(self.client, operation)
        began = time.monotonic()
        try:
            try:
                return self._in_time(call, told)
            except (BotoCoreError, ClientError) as error:
                if not is_server() or time.monotonic() - began > QUICK or not _may_pass(error):
                    raise
                if again is not None:
                    again()
                return self._in_time(call, told)
        except ClientError as error:
            if name is not None and _code(error) in NOT_THERE:
                raise FileNotFoundError(f"the storage does not have {name}") from error
            raise

    def _in_time(self, call: Callable[..., dict[str, Any]], told: dict[str, Any]) -> dict[str, Any]:
        """Runs it, and breaks it off where somebody waits and it takes too long as a whole."""
        if not is_server():
            return call(Bucket=self.bucket_name, **told)
        with CallDeadline(_size(told.get("Body"))) as deadline:
            try:
                answer = call(Bucket=self.bucket_name, **told)
            except Exception as error:
                deadline.require(error)
                raise
        return answer | {SOCKET: deadline.sock}


def _size(body: Any) -> int:
    """Returns how many bytes of a body are sent."""
    if isinstance(body, bytes):
        return len(body)
    return os.fstat(body.fileno()).st_size if body is not None else 0


def part_size(number: int) -> int:
    """Returns how many bytes this part of a file has, counted from 1: S3 counts to 10,000."""
    return min(FIRST_PARTS * 2 ** ((number - 1) // GROW_AFTER), LARGEST_PART)


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


def _may_pass(error: BotoCoreError | ClientError) -> bool:
    if isinstance(error, ClientError):
        return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)) >= 500
    return isinstance(error, SILENT)
