"""The numbers of a report, in no language yet."""
