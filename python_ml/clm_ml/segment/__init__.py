"""Segments: train, score, evaluate. Groups of customers that stay the same from run to run, by name."""
