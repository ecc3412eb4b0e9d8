"""Archive writers: PMTiles, MBTiles and folders behind one protocol."""
