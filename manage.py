#!/usr/bin/env python
"""Runs Django's and Wharf's management commands: `manage.py help` lists them."""

import os
import signal
import sys
from io import TextIOWrapper

from django.core.management import BaseCommand, execute_from_command_line

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True)  # whoever reads it by a pipe sees each line when it is there
    if sys.stderr.isatty():  # whoever reads it there is told by the command's own sentences what it does
        os.environ.setdefault("LOG_LEVEL", "WARNING")
        os.environ.setdefault("LOG_FORMAT", "text")
    # `migrate` and `check` check everything before a version starts. To check it again, any other command would load
    # every page, which takes longer than most of them.
    BaseCommand.requires_system_checks = []
    try:
        execute_from_command_line(sys.argv)
    except BrokenPipeError:  # whoever read it, such as `head`, has enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is left to say goes nowhere
        sys.exit(128 + signal.SIGPIPE)
