"""Query strings: from parameters to selections and queries, with errors that name the parameter."""
