"""Places against their own past and against their neighbours: the unusual, concentration (Gi*), emerging hot spots."""
