"""The MD5 of stored bytes, which documents of a Cozy have: made as the bytes come, or by the purge."""

import hashlib
import os
from base64 import b64encode

import pytest
from django.core.management import call_command

from importers.content.md5 import Md5
from importers.models import Content
from tests.support.exporter import Exporter, file_item

pytestmark = pytest.mark.services

MIB = 1024 * 1024


def md5_of(content: bytes) -> str:
    return b64encode(hashlib.md5(content, usedforsecurity=False).digest()).decode()


def test_a_small_file_has_it_at_once(exporter: Exporter) -> None:
    assert exporter.send_file("blobs", file_item("a.bin"), b"bytes").status_code == 201
    assert Content.objects.get().md5 == md5_of(b"bytes")


def test_however_fast_a_large_file_comes_its_md5_is_right_or_made_by_the_purge(exporter: Exporter) -> None:
    content = os.urandom(48 * MIB)
    assert exporter.send_file("blobs", file_item("a.bin"), content).status_code == 201
    assert Content.objects.get().md5 in ("", md5_of(content))
    call_command("purge")
    assert Content.objects.get().md5 == md5_of(content)


def test_what_was_kept_before_there_were_any_has_it_after_the_purge(exporter: Exporter) -> None:
    exporter.send_file("blobs", file_item("a.bin"), b"bytes")
    Content.objects.update(md5="")
    call_command("purge")
    assert Content.objects.get().md5 == md5_of(b"bytes")


def test_one_that_can_not_keep_up_is_given_up_whole_and_a_patient_one_is_right() -> None:
    first, rest = bytes(64 * MIB), b"x" * MIB
    hasty, patient = Md5(patient=False), Md5()
    for running in (hasty, patient):
        running.update(first)
        running.update(rest)
    assert (hasty.base64, patient.base64) == ("", md5_of(first + rest))
