"""On the road: tours, assignments, visits, and how near a parcel is."""
