"""Customer lifetime value: what each customer is expected to bring."""
