-- Nothing: SQLite finds a row by the key that it has all of, whether or not anybody has counted the table.

SELECT 1;
