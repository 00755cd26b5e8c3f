"""iCalendar files as people have them: of every charset, of zones of their own, and with more than items can say."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

from importers.sending.calendars.reading import CalendarReading
from importers.sending.calendars.zones import known_zone
from tests.support.fake_server import FakeServer
from tests.support.ics import AMERICAN, events, files, found, ics


@pytest.mark.parametrize("fold", [b"\r\n ", b"\n\t", b"\r "])
def test_a_line_may_be_folded_within_a_letter(tmp_path: Path, fold: bytes) -> None:
    content = ics("SUMMARY:At the café 会議", "DTSTART:20240105T080000Z")
    at, inner = content.index("é".encode()) + 1, content.index("議".encode()) + 2
    folder = found(tmp_path, content[:at] + fold + content[at:inner] + fold + content[inner:])
    assert events(folder)[0]["title"] == "At the café 会議"
    assert [note for note in folder.notes if "read as" in note] == []


@pytest.mark.parametrize(
    ("encoding", "title", "said"),
    [
        ("latin_1", "Frühstück mit Jörg", "Latin-1"),
        ("latin_1", "Réunion à l'école", "Latin-1"),
        ("cp1252", "Zoë’s café", "Windows-1252"),
        ("cp1250", "Schůzka příští úterý", "Windows-1250"),
        ("iso8859_2", "Zażółć gęślą jaźń", "Latin-2"),
        ("cp1254", "Şube toplantısı", "Windows-1254"),
        ("cp1251", "Встреча с Иваном", "Windows-1251"),
        ("koi8_r", "День рождения", "KOI8-R"),
        ("cp1253", "Συνάντηση με τον Γιώργο", "Windows-1253"),
        ("cp932", "歯医者とミーティング", "Shift JIS"),
        ("euc_jp", "会議 東京で", "EUC-JP"),
        ("gbk", "会议 北京", "GBK"),
        ("big5", "生日聚會", "BIG5"),
        ("cp949", "생일 파티", "EUC-KR"),
        ("cp949", "저녁 식사", "EUC-KR"),
        # A word or two, with letters that other charsets have, too.
        ("cp1250", "Třídní schůzky", "Windows-1250"),
        ("cp1250", "Zubař", "Windows-1250"),
        ("cp1250", "Szülői értekezlet", "Windows-1250"),
        ("cp1254", "Öğle yemeği", "Windows-1254"),
        ("cp1254", "Toplantı", "Windows-1254"),
        ("cp1251", "Обед", "Windows-1251"),
        ("cp1251", "Нова година", "Windows-1251"),
        ("cp1251", "ДЕНЬ РОЖДЕНИЯ", "Windows-1251"),
        ("cp1251", "Зустріч з лікарем", "Windows-1251"),
        ("koi8_r", "Ужин", "KOI8-R"),
        ("cp866", "Встреча с Иваном", "CP866"),
        ("cp1253", "Γενέθλια", "Windows-1253"),
        ("cp1253", "ΣΥΝΑΝΤΗΣΗ", "Windows-1253"),
        ("cp1255", "פגישה עם דוד", "Windows-1255"),
        ("cp1256", "اجتماع", "Windows-1256"),
        ("cp874", "ประชุม", "CP874"),
        ("cp1257", "Šventė Žalgiris", "Windows-1257"),
        ("cp1257", "Tikšanās Rīgā", "Windows-1257"),
        ("mac_roman", "Fête des mères", "Mac Roman"),
        ("cp850", "Geschäftsführer", "CP850"),
        ("iso8859_15", "Cœur 50 €", "ISO-8859-15"),
        ("cp1252", "ÄRZTE", "Latin-1"),
        ("cp1252", "Müller, Fête, São João, Año, Smørrebrød", "Latin-1"),
        ("cp1252", "Þorri", "Latin-1"),
        ("cp1252", "½ day", "Latin-1"),
        ("cp1252", "15° outside", "Latin-1"),
        ("cp1252", "“Quotes” – 50 €", "Windows-1252"),
        ("cp1252", "Città di Françoise", "Latin-1"),
        ("euc_jp", "会議", "EUC-JP"),
        ("euc_jp", "忘年会", "EUC-JP"),
        ("gbk", "春节放假", "GBK"),
        ("gbk", "家长会", "GBK"),
        ("big5", "體檢", "BIG5"),
        ("iso2022_jp", "会議 東京", "ISO2022-JP"),
        ("iso2022_kr", "회의 서울", "ISO2022-KR"),
        ("iso8859_5", "Встреча с Иваном", "ISO-8859-5"),
        ("koi8_u", "Зустріч з лікарем їжак", "KOI8-U"),
        ("iso8859_6", "اجتماع العمل", "ISO-8859-6"),
        ("cp852", "Schůzka příští úterý", "CP852"),
        ("mac_cyrillic", "Встреча с Иваном", "MAC-CYRILLIC"),
        ("cp855", "День рождения мамы", "CP855"),
        ("cp866", "ДЕНЬ РОЖДЕНИЯ МАМЫ", "CP866"),
        ("cp1125", "Зустріч з Іваном", "CP1125"),
        ("ptcp154", "Қазақ кездесу", "PTCP154"),
        ("cp862", "יום הולדת לאמא", "CP862"),
        ("mac_greek", "Γενέθλια της Μαρίας", "MAC-GREEK"),
        ("cp737", "Γενέθλια της Μαρίας", "CP737"),
        ("cp869", "Γενέθλια της Μαρίας", "CP869"),
        ("cp720", "اجتماع مهم", "CP720"),
        ("johab", "회의 서울에서", "Johab"),
        ("johab", "생일 파티", "Johab"),
        ("hz", "会议 北京", "HZ"),
        ("utf_16", "Frühstück 会議", "UTF-16"),
        ("utf_16_be", "Frühstück", "UTF-16"),
        ("utf_8_sig", "Frühstück", ""),
    ],
)
def test_another_charset_is_recognised_read_rightly_and_said(
    tmp_path: Path, encoding: str, title: str, said: str
) -> None:
    content = ics(f"SUMMARY:{title}", "DTSTART:20240105T080000Z").decode().encode(encoding)
    folder = found(tmp_path, content)
    assert events(folder)[0]["title"] == title
    assert [note for note in folder.notes if "read as" in note and said in note] == (
        [note for note in folder.notes if "read as" in note] if said else []
    )
    assert any("read as" in note for note in folder.notes) is bool(said)


@pytest.mark.parametrize(
    ("encoding", "title", "is_said"),
    [("cp1257", "Gimtadienis Rūtai", True), ("cp932", "ｶｲｷﾞ", True), ("latin_1", "Frühstück mit Jörg", False)],
)
def test_it_is_said_where_nothing_tells_a_charset(tmp_path: Path, encoding: str, title: str, is_said: bool) -> None:
    folder = found(tmp_path, ics(f"SUMMARY:{title}", "DTSTART:20240105T080000Z").decode().encode(encoding))
    [note] = [note for note in folder.notes if "read as" in note]
    assert ("which may be wrong" in note) is is_said


def test_a_charset_that_a_line_or_the_person_says_counts(tmp_path: Path) -> None:
    quoted = ics("SUMMARY;CHARSET=ISO-8859-1;ENCODING=QUOTED-PRINTABLE:Fr=FChst=\n=FCck", "DTSTART:20240105T080000Z")
    folder = found(tmp_path, quoted)
    assert events(folder)[0]["title"] == "Frühstück"
    assert "c.ics: read as Latin-1 (ISO-8859-1)" in folder.notes
    hungarian = ics("SUMMARY:Születésnap õszi", "DTSTART:20240105T080000Z").decode().encode("latin_1")
    assert events(found(tmp_path, hungarian, CalendarReading(charset="cp1250")))[0]["title"] == "Születésnap őszi"
    assert files(found(tmp_path, b"\xff\xfe" + hungarian, CalendarReading(charset="utf-8")))


@pytest.mark.parametrize("title", ["Réunion à l'école + 1", "Frühstück", "会议 北京", "Встреча с Иваном"])
def test_letters_in_utf_7_are_read_rightly_and_said(tmp_path: Path, title: str) -> None:
    """No byte shows it."""
    spelled = title.encode("utf-7").decode()
    folder = found(tmp_path, ics("UID:C+abc-def", f"SUMMARY:{spelled}", "DTSTART:20240105T080000Z"))
    assert events(folder)[0]["title"] == title
    assert "c.ics: read as UTF-7; --charset says another" in folder.notes


@pytest.mark.parametrize(
    ("title", "is_said"),
    [("Call +491234567-12", False), ("1+1=2 ~{x", False), ("Group A+B-C", False), ("Fox +abc-", True)],
)
def test_text_that_only_looks_like_another_charset_stays(tmp_path: Path, title: str, is_said: bool) -> None:
    folder = found(tmp_path, ics(f"SUMMARY:{title}", "DTSTART:20240105T080000Z"))
    assert events(folder)[0]["title"] == title
    assert any("it may be UTF-7" in note for note in folder.notes) is is_said
    assert not any("read as" in note for note in folder.notes) or is_said


@pytest.mark.parametrize(
    ("rule", "is_said"),
    [("RSCALE=GREGORIAN;SKIP=FORWARD;", True), ("RSCALE=HEBREW;", True), ("RSCALE=GREGORIAN;SKIP=OMIT;", False)],
)
def test_the_file_goes_along_where_a_series_is_counted_as_few_programs_do(
    tmp_path: Path, rule: str, is_said: bool
) -> None:
    line = f"RRULE:{rule}FREQ=MONTHLY;COUNT=3"
    folder = found(tmp_path, ics("DTSTART;VALUE=DATE:20240131", line))
    assert any("how some series are counted" in note for note in folder.notes) is is_said
    assert bool(files(folder))
    [said] = events(folder)[0]["recurrenceRule"]["stringList"]
    assert set(said.removeprefix("RRULE:").split(";")) == set(line.removeprefix("RRULE:").split(";"))


@pytest.mark.parametrize("name", ["Europe/Berlin", "Somewhere else", "Восток", "(UTC+01:00) Amsterdam, Berlin"])
def test_a_zone_that_the_file_defines_counts_before_one_known_by_its_name(tmp_path: Path, name: str) -> None:
    quoted = f'"{name}"'
    content = ics(
        f"DTSTART;TZID={quoted}:20240705T090000",
        "DURATION:PT90M",
        "RRULE:FREQ=WEEKLY;COUNT=3",
        f"EXDATE;TZID={quoted}:20240712T090000",
        head=AMERICAN.format(name),
    )
    [said] = events(found(tmp_path, content))
    assert said["startTime"] == {
        "dateTime": "2024-07-05T09:00:00-04:00",
        "dateOnly": False,
        "timeZone": "America/New_York",
    }
    assert said["endTime"] == {"dateTime": "2024-07-05T10:30:00-04:00", "dateOnly": False}
    assert said["recurrenceRule"]["stringList"] == ["RRULE:FREQ=WEEKLY;COUNT=3", "EXDATE:20240712T130000Z"]


def test_a_zone_that_is_always_as_far_from_utc_as_it_is_called_is_no_citys(tmp_path: Path) -> None:
    observed = "DTSTART:18800101T050000\nTZOFFSETFROM:+0500\nTZOFFSETTO:+0500"
    head = f"BEGIN:VTIMEZONE\nTZID:UTC+0500\nBEGIN:STANDARD\n{observed}\nEND:STANDARD\nEND:VTIMEZONE\n"
    lines = ("DTSTART;TZID=UTC+0500:20240705T090000", "RRULE:FREQ=WEEKLY;COUNT=3", "EXDATE:20240712T040000Z")
    [said] = events(found(tmp_path, ics(*lines, head=head)))
    assert said["startTime"] == {"dateTime": "2024-07-05T09:00:00+05:00", "dateOnly": False}
    assert said["recurrenceRule"]["stringList"] == [*lines[1:]]


def test_a_zone_that_is_defined_for_some_years_only_is_the_one_that_is_the_same_in_these(tmp_path: Path) -> None:
    some_years = (
        AMERICAN.format("America/New_York")
        .replace("20071104T020000\nRRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=1SU", "20231105T020000\nRDATE:20241103T020000")
        .replace("20070311T020000\nRRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=2SU", "20240310T020000")
    )
    lines = ("RRULE:FREQ=WEEKLY;COUNT=99", "EXDATE;TZID=America/New_York:20240712T090000")
    [said] = events(found(tmp_path, ics("DTSTART;TZID=America/New_York:20240705T090000", *lines, head=some_years)))
    assert said["startTime"]["timeZone"] == "America/New_York"
    assert said["recurrenceRule"]["stringList"] == [*lines]


@pytest.mark.parametrize(("spring", "autumn"), [("03", "01"), ("03", "02"), ("02", "01"), ("01", "03")])
def test_a_zone_that_is_defined_with_the_wrong_hour_of_its_changes_is_the_one_that_it_is_called_like(
    tmp_path: Path, spring: str, autumn: str
) -> None:
    """As programs write it that say what clocks show after they were set. As one that is never set it would be wrong
    for half of each year."""
    head = AMERICAN.format("Eastern Standard Time")
    head = head.replace("20070311T02", f"20070311T{spring}").replace("20071104T02", f"20071104T{autumn}")
    lines = ("DTSTART;TZID=Eastern Standard Time:20240705T090000", "RRULE:FREQ=WEEKLY;COUNT=99")
    folder = found(tmp_path, ics(*lines, head=head))
    assert events(folder)[0]["startTime"]["timeZone"] == "America/New_York"
    assert "time zones of its own" not in folder.notes[-1]


@pytest.mark.parametrize(
    ("length", "end"),
    [
        ("PT24H", "2024-03-31T11:00:00+02:00"),
        ("P1D", "2024-03-31T10:00:00+02:00"),
        ("P1DT25H", "2024-04-01T11:00:00+02:00"),
        ("P1W", "2024-04-06T10:00:00+02:00"),
        ("-PT1H", "2024-03-30T09:00:00+01:00"),
    ],
)
def test_hours_that_pass_are_no_days_on_the_calendar(tmp_path: Path, length: str, end: str) -> None:
    [said] = events(found(tmp_path, ics("DTSTART;TZID=Europe/Paris:20240330T100000", f"DURATION:{length}")))
    assert said["endTime"]["dateTime"] == end


def test_each_calendar_of_a_file_is_one_unless_they_are_called_the_same(tmp_path: Path) -> None:
    named = [
        ics(f"SUMMARY:{name}", "DTSTART:20240105T080000Z", head=head)
        for name, head in (
            ("a", ""),
            ("b", "X-WR-CALNAME:Work\n"),
            ("c", "X-WR-CALNAME:Work\n"),
            ("d", "NAME:Home\nX-WR-CALDESC:At home\n"),
            ("e", ""),
        )
    ]
    folder = found(tmp_path, b"".join(named))
    items = [item.payload for item in folder.items() if item.vertical == "calendar"]
    calendars = {item["id"]: (item["name"], item["description"]) for item in items if item["@type"] == "Calendar"}
    assert calendars == {"/c.ics": ("c", None), "/c.ics#Work": ("Work", None), "/c.ics#Home": ("Home", "At home")}
    holding = {event["title"]: calendars[event["calendarId"]][0] for event in events(folder)}
    assert holding == {"a": "c", "b": "Work", "c": "Work", "d": "Home", "e": "c"}


def test_a_calendar_that_breaks_off_is_sent_as_a_file_and_it_is_said(tmp_path: Path) -> None:
    folder = found(tmp_path, ics("DTSTART:20240105T080000Z").replace(b"END:VCALENDAR", b""))
    assert len(files(folder)) == 1
    assert any("it breaks off before its end" in note for note in folder.notes)


def test_a_zone_like_no_other_goes_along_in_the_file(tmp_path: Path) -> None:
    odd = AMERICAN.format("Odd").replace("-0400", "-0417")
    folder = found(tmp_path, ics("DTSTART;TZID=Odd:20240705T090000", "RRULE:FREQ=DAILY", head=odd))
    assert events(folder)[0]["startTime"] == {"dateTime": "2024-07-05T09:00:00-04:17", "dateOnly": False}
    assert "time zones of its own" in folder.notes[-1]


def test_a_zone_that_sets_its_clocks_every_second_holds_nobody_up(tmp_path: Path) -> None:
    hostile = AMERICAN.format("Europe/Paris").replace("FREQ=YEARLY;BYMONTH=11;BYDAY=1SU", "FREQ=SECONDLY")
    [said] = events(found(tmp_path, ics("DTSTART;TZID=Europe/Paris:20240705T090000", head=hostile)))
    assert said["startTime"]["dateTime"] == "2024-07-05T09:00:00+02:00"


@pytest.mark.parametrize(
    ("head", "zone", "moment", "said"),
    [
        ("X-WR-TIMEZONE:Asia/Tokyo\n", "Europe/Lisbon", "2024-07-05T09:00:00+09:00", "Asia/Tokyo, which the file says"),
        ("X-WR-TIMEZONE:No/Where\n", "Europe/Lisbon", "2024-07-05T09:00:00+01:00", "Europe/Lisbon, as you say"),
        ("", "W. Europe Standard Time", "2024-07-05T09:00:00+02:00", "Europe/Berlin, as you say"),
        ("", "", "2024-07-05T09:00:00Z", "UTC; --timezone says another"),
        (
            f"X-WR-TIMEZONE:Mine\n{AMERICAN.format('Mine')}",
            "",
            "2024-07-05T09:00:00-04:00",
            "Mine, which the file says",
        ),
    ],
)
def test_times_without_a_zone_have_that_of_the_file_or_of_the_sender_and_it_is_said(
    tmp_path: Path, head: str, zone: str, moment: str, said: str
) -> None:
    own = known_zone(zone)
    reading = CalendarReading(own, is_said=True) if own else None
    folder = found(tmp_path, ics("DTSTART:20240705T090000", head=head), reading)
    assert events(folder)[0]["startTime"]["dateTime"] == moment
    assert any(said in note for note in folder.notes)


def test_the_command_takes_the_zone_and_the_charset_of_the_sender(tmp_path: Path, receiver: FakeServer) -> None:
    (tmp_path / "c.ics").write_bytes(ics("SUMMARY:õ", "DTSTART:20240705T090000").decode().encode("latin_1"))
    err = StringIO()
    options = ("--timezone", "Asia/Tokyo", "--charset", "latin2", "--as-token")[:4]
    said = ["send_folder", str(tmp_path), "--to", receiver.url, "--token", "t", *options]
    call_command(*said, stdout=StringIO(), stderr=err)
    [event] = [call.body for call in receiver.calls if b"CalendarEvent" in call.body]
    assert "ő" in event.decode()
    assert b"2024-07-05T09:00:00+09:00" in event
    assert "Latin-2" in err.getvalue()
    assert "Asia/Tokyo" in err.getvalue()


def test_what_an_item_cannot_carry_makes_the_file_go_along(tmp_path: Path) -> None:
    alarm = ("BEGIN:VALARM", "ACTION:DISPLAY", "DESCRIPTION:Go", "TRIGGER:-PT45M", "END:VALARM")
    more = ("URL:https://example.org", "CATEGORIES:a,b", "CLASS:PRIVATE", "STATUS:TENTATIVE", "X-MINE:1")
    people = ("ORGANIZER;CN=Desk:mailto:desk@example.org", "ATTENDEE;PARTSTAT=ACCEPTED:mailto:bo@example.org")
    folder = found(tmp_path, ics("SUMMARY:Dentist", "DTSTART:20240105T080000Z", *more, *people, *alarm))
    assert [event["title"] for event in events(folder)] == ["Dentist"]
    assert len(files(folder)) == 1
    [note] = [note for note in folder.notes if "sent as a file, too" in note]
    for word in ("alarms", "UIDs", "web addresses", "categories", "privacy", "status", "organisers", "X-MINE"):
        assert word in note
    assert "answers of attendees" in note


@pytest.mark.parametrize(
    "lines",
    [
        ("DTSTART:99991231T230000Z", "DURATION:PT36H", "RDATE;VALUE=PERIOD:99991231T000000Z/P1D"),
        ("DTSTART;VALUE=DATE:99991231",),
        ("DTSTART;TZID=Asia/Tokyo:00010101T000000", "DURATION:-P9D", "RRULE:FREQ=DAILY"),
        ("DTSTART;TZID=America/New_York:20240101T000000", "DURATION:P999999999D"),
    ],
)
def test_times_at_the_ends_of_time_hold_nothing_up(tmp_path: Path, lines: tuple[str, ...]) -> None:
    assert len(events(found(tmp_path, ics("SUMMARY:End", *lines)))) == 1


CALLED_OFF = "STATUS:CANCELLED"


def test_what_is_called_off_is_not_sent_as_taking_place(tmp_path: Path) -> None:
    one = ics("SUMMARY:Off", "DTSTART:20240105T080000Z", CALLED_OFF)
    folder = found(tmp_path, one)
    assert events(folder) == []
    assert any("1 event is called off" in note for note in folder.notes)
    assert len(files(folder)) == 1
    assert events(found(tmp_path, ics("DTSTART:20240105T080000Z", head="METHOD:CANCEL\n"))) == []


@pytest.mark.parametrize(
    ("changed", "lines"),
    [
        ("RECURRENCE-ID:20240112T080000Z", ["RRULE:FREQ=WEEKLY;COUNT=9", "EXDATE:20240112T080000Z"]),
        (
            "RECURRENCE-ID;RANGE=THISANDFUTURE:20240112T080000Z",
            ["RRULE:FREQ=WEEKLY;UNTIL=20240112T075959Z"],
        ),
    ],
)
def test_occurrences_that_are_called_off_are_in_no_series(tmp_path: Path, changed: str, lines: list[str]) -> None:
    off = ("END:VEVENT", "BEGIN:VEVENT", "UID:1", "DTSTART:20240112T080000Z", changed, CALLED_OFF)
    [said] = events(found(tmp_path, ics("DTSTART:20240105T080000Z", "RRULE:FREQ=WEEKLY;COUNT=9", *off)))
    assert said["recurrenceRule"]["stringList"] == lines
