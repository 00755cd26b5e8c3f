"""Items of a type that their vertical does not know: tomorrow's exporters have some, and they are kept whole."""
