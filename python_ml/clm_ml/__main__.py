from clm_ml.cli import app

app()
