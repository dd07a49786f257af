"""What every trained task shares: slices in time, candidates, rules, calibration, figures, guards, files."""
