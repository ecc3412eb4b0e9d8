"""Search by name: what readers type, compared with the names of settlements, districts, agencies, themes and sectors."""
