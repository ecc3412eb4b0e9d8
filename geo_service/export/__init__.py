"""`geo export`: tiles of a selection as PMTiles, MBTiles or a folder of files."""
