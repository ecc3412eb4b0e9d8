"""Names of settlements in Russian and English: which one is chosen, and how one is made where there is none."""
