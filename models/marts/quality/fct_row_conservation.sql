-- Rows in = accepted + duplicates + quarantined, each counted in the relation that holds it.
{{ conservation_of_all_tables() }}
