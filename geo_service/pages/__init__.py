"""The map page, the pages for walls and iframes, and their files, compressed and cacheable."""
