"""Pictures in, symbols out: cameras, preparation, decoders, the ladder and the kiosk.

Knows nothing of parcels' rules: the kiosk asks the service over HTTP, as a phone does.
"""
