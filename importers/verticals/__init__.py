"""The verticals: a folder for each kind of data. The registry has a line for each path."""
