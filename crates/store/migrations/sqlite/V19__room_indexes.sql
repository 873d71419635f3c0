-- Whatever of rooms names a person is found by the person, too: an account that goes would look through all of it otherwise.
CREATE INDEX rooms_by_keeper ON rooms (keyed_by);
CREATE INDEX room_invitations_of_host ON room_invitations (invited_by);
CREATE INDEX comments_of_author ON comments (author_id);
CREATE INDEX comment_mentions_of_user ON comment_mentions (user_id);
CREATE INDEX reactions_of_user ON reactions (user_id);
