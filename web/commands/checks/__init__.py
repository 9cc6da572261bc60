"""`app.py check`: looks at the whole road a code takes, and says what would mend it. Nothing is changed by looking."""
