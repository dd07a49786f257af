"""`clm-ml load`: files become rows of the raw tables, and every line of them is accounted for."""
