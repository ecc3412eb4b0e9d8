"""The report in words: figures, tables and notes in one language, the same for every format."""
