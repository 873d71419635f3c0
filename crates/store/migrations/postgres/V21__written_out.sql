-- Nothing: PostgreSQL looks at a condition with a list of words as quickly as at one that is written out, which SQLite does not.

SELECT 1;
