"""What people see in a browser. ``table.PAGES`` lists all of it; each file holds the pages of one noun."""
