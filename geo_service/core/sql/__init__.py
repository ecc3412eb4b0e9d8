"""What SQL and Python share: named queries, the columns of incidents, binary COPY, advisory locks."""
