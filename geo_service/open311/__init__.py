"""Open311 GeoReport v2: services, service requests and errors in XML and JSON."""
