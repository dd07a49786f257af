"""clm-ml: the Python step of the clm dbt project. Importing it changes nothing."""

__version__ = "0.1.0"
