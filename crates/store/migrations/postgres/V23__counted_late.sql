-- Who is in a round twice is looked for by this index, and nothing else is to be. Before PostgreSQL has counted the rows of a large round it takes
-- all of it for one row, and reads it from here and through a filter, once for each person; so it is only for those who name the condition.
-- Rounds are read while it is built.
CREATE UNIQUE INDEX campaign_recipients_once_23 ON campaign_recipients (product_id, round, recipient_id) WHERE round > 0;
DROP INDEX campaign_recipients_once;
ALTER INDEX campaign_recipients_once_23 RENAME TO campaign_recipients_once;
