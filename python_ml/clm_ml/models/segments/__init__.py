"""Customers in groups: k-means where it is stable, the RFM segments where it is not, and names that last."""
