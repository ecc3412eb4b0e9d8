"""Base maps: archives of vector tiles in the service's data folder, and the style that draws them."""
