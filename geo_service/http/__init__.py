"""HTTP helpers that know nothing of incidents or tiles: headers, content negotiation, request ids."""
