-- Rounds that are forgotten: nobody sees them from then on, and what is left of them goes in pieces.
ALTER TABLE campaign_rounds ADD COLUMN forgotten_at INTEGER;
CREATE INDEX campaign_rounds_forgotten ON campaign_rounds (forgotten_at) WHERE forgotten_at IS NOT NULL;
