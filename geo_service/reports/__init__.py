"""The weekly report: what is in it, and how it is written as HTML, workbook and PDF."""
