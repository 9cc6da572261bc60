"""The schema of the first release. There is nothing before it: a new store is made of `codes/tables` as they stand.

A later change of the tables is a revision of its own, which brings the stores of older releases there.
"""

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None
