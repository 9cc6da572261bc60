"""What recipients see, are told, and may wish."""
