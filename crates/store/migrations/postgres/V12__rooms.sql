-- Rooms: people who follow one stream together. A room's stream has the room's id.

CREATE TABLE rooms (
    id uuid PRIMARY KEY,
    name text NOT NULL,
    members bigint NOT NULL DEFAULT 0,              -- counted by the triggers below
    keyed_by uuid REFERENCES users ON DELETE SET NULL,
    external_key text,                              -- what the service keys of that user call it
    version bigint NOT NULL,                        -- grows with every change of the room itself: the ETag
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    deleted_at timestamptz                          -- from then on it is nobody's; its events are forgotten piece by piece
);
CREATE UNIQUE INDEX rooms_by_key ON rooms (keyed_by, external_key) WHERE external_key IS NOT NULL;
CREATE INDEX rooms_deleted ON rooms (deleted_at) WHERE deleted_at IS NOT NULL;

CREATE TABLE room_members (
    room_id uuid NOT NULL REFERENCES rooms ON DELETE CASCADE,
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    role text NOT NULL CHECK (role IN ('owner', 'member', 'viewer')),
    joined_at timestamptz NOT NULL,
    PRIMARY KEY (room_id, user_id)
);
CREATE INDEX room_members_of_user ON room_members (user_id, joined_at, room_id);
CREATE INDEX room_members_of_room ON room_members (room_id, joined_at, user_id);

CREATE FUNCTION room_members_come() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE rooms SET members = members + 1 WHERE id = new.room_id;
    RETURN NULL;
END $$;

-- Where a member vanishes with their account, a room is never left without an owner: who has been in it for longest is one then, and
-- with its last member a room goes, too. The use cases let no last owner leave, so there nothing is left to do.
CREATE FUNCTION room_members_go() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE rooms SET members = members - 1, deleted_at = CASE WHEN members = 1 THEN coalesce(deleted_at, updated_at) ELSE deleted_at END,
        external_key = CASE WHEN members = 1 THEN NULL ELSE external_key END
        WHERE id = old.room_id;
    IF old.role = 'owner' THEN
        UPDATE room_members SET role = 'owner'
            WHERE room_id = old.room_id
                AND user_id = (SELECT user_id FROM room_members WHERE room_id = old.room_id ORDER BY joined_at, user_id LIMIT 1)
                AND NOT EXISTS (SELECT 1 FROM room_members WHERE room_id = old.room_id AND role = 'owner')
                AND NOT EXISTS (SELECT 1 FROM rooms WHERE id = old.room_id AND deleted_at IS NOT NULL);
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER room_members_come AFTER INSERT ON room_members FOR EACH ROW EXECUTE FUNCTION room_members_come();
CREATE TRIGGER room_members_go AFTER DELETE ON room_members FOR EACH ROW EXECUTE FUNCTION room_members_go();

-- Links that let people in. Only the hash of their secret is kept; what is revoked is gone.
CREATE TABLE room_invitations (
    id uuid PRIMARY KEY,
    room_id uuid NOT NULL REFERENCES rooms ON DELETE CASCADE,
    role text NOT NULL CHECK (role IN ('member', 'viewer')),
    hash bytea NOT NULL UNIQUE,
    invited_by uuid REFERENCES users ON DELETE SET NULL,
    accepted bigint NOT NULL DEFAULT 0,             -- how many came by it
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX room_invitations_of_room ON room_invitations (room_id, created_at, id);
CREATE INDEX room_invitations_expiry ON room_invitations (expires_at);
