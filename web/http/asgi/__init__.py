"""What stands before Flask on the event loop."""
