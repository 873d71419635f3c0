-- Who is in a round twice is looked for by this index, and nothing else is to be. Before PostgreSQL has counted the rows of a large round it takes
-- all of it for one row, and reads it from here and through a filter, once for each person; so it is only for those who name the condition.
DROP INDEX campaign_recipients_once;
CREATE UNIQUE INDEX campaign_recipients_once ON campaign_recipients (product_id, round, recipient_id) WHERE round > 0;
