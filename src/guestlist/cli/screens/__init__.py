"""What people see: each module turns results into tables and texts; nothing here reads or asks."""
