"""Helpers of reading district files: text encodings, warnings of GDAL, codes made from names."""
