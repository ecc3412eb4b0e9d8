"""The demo region's places: settlements, streets, addresses, roads and approximate districts."""
