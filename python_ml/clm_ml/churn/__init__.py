"""Churn: train, score, evaluate. dbt makes the label and the features; the predictions' rows are written here."""
