"""The life of parcels and codes: announced, issued, renewed, revoked, given to delegates, contested, erased."""
