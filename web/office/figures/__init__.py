"""The office and its figures: today, weeks, downloads, audits."""
