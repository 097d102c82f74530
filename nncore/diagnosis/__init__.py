"""Why a network does not learn: measurements on limited work, and the findings they lead to."""
