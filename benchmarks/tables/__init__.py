"""How well networks of nncore predict tables, beside scikit-learn's estimators."""
