"""Pictures, as functions from arrays to figures. Only this folder imports matplotlib."""
