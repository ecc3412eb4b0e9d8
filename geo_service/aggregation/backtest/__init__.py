"""Back-testing: would a list of places, ranked with what was known then, have held the messages that came next?"""
