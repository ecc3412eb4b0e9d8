"""Geometry of areas on the ellipsoid and across the antimeridian: arithmetic only."""
