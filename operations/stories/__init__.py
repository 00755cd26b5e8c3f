"""What happened to a transfer, an export, an import or a move: one column of dated lines, in words."""
