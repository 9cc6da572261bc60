"""The office and its parcels: lists, one parcel, imports, tours, mails."""
