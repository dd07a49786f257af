"""A shop with known truth: customers who differ, what they do, and what may be expected of them.

`shop` says what is simulated and its calendar, `people` who the customers are, `law` the rates they follow,
`process` lives their days, `truth` computes from the same law what may be expected of them at each month end,
`commerce`, `clicks`, `contact` and `registry` write down what the shop's systems saw of it, `run` streams it to
files. `demo` writes the seeds of the dbt project, with the hard cases of `hard_cases`.
"""
