"""Validation: from columns of text to checked values, with a reason for each rejected row."""
