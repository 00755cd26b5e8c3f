"""iCalendar files (RFC 5545), read as calendars and events in the shape that workers send."""
