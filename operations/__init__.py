"""What operators see of the whole: the overview, what is counted for it day by day, and the side bar of the admin."""
