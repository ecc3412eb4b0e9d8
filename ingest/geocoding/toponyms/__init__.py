"""Place names in Russian text: found, inflected, disambiguated, looked up in the gazetteer."""
