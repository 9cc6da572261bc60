"""Passes for the wallets of phones: a code as a signed bundle of Apple's form, and as a link of Google's."""
