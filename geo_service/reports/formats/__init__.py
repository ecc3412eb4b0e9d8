"""The formats of a report: HTML, workbook and PDF, all written from the same document."""
