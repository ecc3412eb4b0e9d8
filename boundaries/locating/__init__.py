"""Find the district of points: inside an outline, or the nearest one."""
