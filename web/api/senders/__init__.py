"""What senders' systems call, and shops'."""
