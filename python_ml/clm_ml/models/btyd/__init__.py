"""Buy till you die: how often a customer buys while alive, and whether they still are, from three numbers each.

frequency: repeat purchase days; recency: time from the first to the last of them; age: time from the first to the
as-of date. Time is in whatever unit the caller chose (weeks, say), and every result is in the same unit.
"""
