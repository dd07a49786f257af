"""dbt, with words while it works: what runs, how far it is, what remains."""
