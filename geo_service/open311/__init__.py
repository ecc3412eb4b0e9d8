"""Open311 GeoReport v2: services, requests and errors as its clients read them, in XML and JSON."""
