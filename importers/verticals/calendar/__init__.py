"""CALENDAR: calendars and their events."""
