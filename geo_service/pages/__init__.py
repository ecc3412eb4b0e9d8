"""The map page, its iframe and its files, compressed and cacheable."""
