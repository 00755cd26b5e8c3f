#!/usr/bin/env python
"""Runs Django's and Wharf's management commands: `manage.py help` lists them."""

import os
import sys
from io import TextIOWrapper

from django.core.management import execute_from_command_line

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True)  # whoever reads it by a pipe sees each line when it is there
    execute_from_command_line(sys.argv)
