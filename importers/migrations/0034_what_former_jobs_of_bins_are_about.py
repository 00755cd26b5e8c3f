"""Jobs of bins that were begun before they kept what they are about for every language."""

import re

from django.db import migrations

KINDS = {  # the English words for many, and what the kind is called
    "folders": "folder", "files": "file", "albums": "album", "photos": "photo", "videos": "video",
    "calendars": "calendar", "events": "calendarevent", "posts": "socialactivity",
    "task lists": "tasklist", "tasks": "task", "groups of contacts": "contactgroup",
    "lists of contacts that are still being read": "cardlist", "contacts": "contact", "notes": "note",
    "pieces of offline data": "offlinedata", "playlists": "playlist", "tracks of playlists": "playlisttrack",
    "recordings": "recording", "releases": "release", "mail folders": "mailfolder", "messages": "mailmessage",
    "items kept as they came": "unknownitem",
}  # fmt: skip
CAME = re.compile(r"(everything|the (?P<kinds>.+?)) that came from (?P<service>.+) on \d+ \w+ \d{4}", re.DOTALL)
FROM = re.compile(r"everything that came from (?P<service>.+)", re.DOTALL)
BROUGHT = re.compile(r"everything that (?P<client>.+) brought", re.DOTALL)
INSIDE = re.compile(r"the (?P<kinds>.+?) in (?P<title>.+)", re.DOTALL)
SOME = re.compile(r"(?P<number>[0-9]+) (?P<kinds>.+)")


def read(title, parts, first_items):
    """Returns words and values of a title, as far as its parts agree that it is one; None for what a record is called
    itself, which is the same in every language."""
    first = parts[0] if parts else {}
    if "all" in first:
        if title == "everything in the bin":
            return title, {}
        kind = KINDS.get(title.removeprefix("all "))
        return kind and ("%(all)s", {"all": kind})
    if "transfer" in first:
        return _came(title, first_items.get(first["transfer"]))
    if "in" in first and (found := INSIDE.fullmatch(title)) and found["kinds"] in KINDS and "ids" not in parts[-1]:
        return "the %(kinds)s in %(title)s", {"kinds": KINDS[found["kinds"]], "title": found["title"]}
    if paths := list(dict.fromkeys(part["path"] for part in parts if "path" in part)):
        return _folders(title, paths)
    ids = sum(len(part.get("ids", ())) for part in parts)
    return _some(title) if ids > 1 and title.startswith(f"{ids} ") else None


def _came(title, first_item):
    if (found := CAME.fullmatch(title)) and first_item:
        came = {"service": found["service"], "day": first_item.isoformat()}
        if not found["kinds"]:
            return "everything that came from %(service)s on %(day)s", came
        if found["kinds"] in KINDS:
            words = "the %(kinds)s that came from %(service)s on %(day)s"
            return words, came | {"kinds": KINDS[found["kinds"]]}
    elif not found and (found := FROM.fullmatch(title)):
        return "everything that came from %(service)s", found.groupdict()
    elif not found and (found := BROUGHT.fullmatch(title)):
        return "everything that %(client)s brought", found.groupdict()
    return None


def _folders(title, paths):
    if len(paths) == 1:
        words, values, begins = "the folder %(path)s", {"path": paths[0]}, f"the folder {paths[0]}"
    else:
        words, values, begins = "%(folders)s folders", {"folders": len(paths)}, f"{len(paths)} folders"
    rest = title.removeprefix(begins)
    if not rest:
        return words, values
    if rest == title or not rest.startswith(" and "):
        return None
    beside = rest.removeprefix(" and ")
    more, said = _some(beside) or ("%(title)s", {"title": beside})
    return f"{words} and {more}", values | said


def _some(title):
    found = SOME.fullmatch(title)
    if found is None or found["kinds"] not in KINDS:
        return None
    return "%(number)s %(kinds)s", {"number": int(found["number"]), "kinds": KINDS[found["kinds"]]}


def read_titles(apps, schema_editor):
    jobs = apps.get_model("importers", "BinJob").objects.using(schema_editor.connection.alias)
    transfers = apps.get_model("importers", "Transfer").objects.using(schema_editor.connection.alias)
    for key in list(jobs.filter(said__isnull=True).values_list("pk", flat=True)):
        job = jobs.get(pk=key)
        named = [part["transfer"] for part in job.chosen[:1] if "transfer" in part]
        first_items = dict(transfers.filter(pk__in=named).values_list("pk", "first_item_at"))
        if found := read(job.title, job.chosen, first_items):
            jobs.filter(pk=key).update(said={"words": found[0], "values": found[1]})


class Migration(migrations.Migration):

    dependencies = [
        ("importers", "0033_what_jobs_of_bins_are_about"),
    ]

    operations = [
        migrations.RunPython(read_titles, migrations.RunPython.noop),
    ]
