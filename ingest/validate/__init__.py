"""Validation: from columns of text to a batch of incidents, with a reason for each rejected row."""
