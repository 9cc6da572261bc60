"""Mails that came back: found in a folder or a mailbox, and read for what became of ours."""
