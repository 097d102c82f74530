"""Why a network does not learn: measurements in a few hundred steps, and findings from them."""
