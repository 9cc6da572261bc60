"""Sample parcels: some to try the service with, and a week of them to look at."""
