"""What `national.py` draws a stock from: communes, activities, names, and the SQL of INSEE's two tables."""
