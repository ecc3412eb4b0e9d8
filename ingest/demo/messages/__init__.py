"""The demo region's messages: how many, about what, where, and what becomes of them."""
