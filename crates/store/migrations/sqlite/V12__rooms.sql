-- Rooms: people who follow one stream together. A room's stream has the room's id.

CREATE TABLE rooms (
    id BLOB PRIMARY KEY NOT NULL,
    name TEXT NOT NULL,
    members INTEGER NOT NULL DEFAULT 0,             -- counted by the triggers below
    keyed_by BLOB REFERENCES users ON DELETE SET NULL,
    external_key TEXT,                              -- what the service keys of that user call it
    version INTEGER NOT NULL,                       -- grows with every change of the room itself: the ETag
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    deleted_at INTEGER                              -- from then on it is nobody's; its events are forgotten piece by piece
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX rooms_by_key ON rooms (keyed_by, external_key) WHERE external_key IS NOT NULL;
CREATE INDEX rooms_deleted ON rooms (deleted_at) WHERE deleted_at IS NOT NULL;

CREATE TABLE room_members (
    room_id BLOB NOT NULL REFERENCES rooms ON DELETE CASCADE,
    user_id BLOB NOT NULL REFERENCES users ON DELETE CASCADE,
    role TEXT NOT NULL CHECK (role IN ('owner', 'member', 'viewer')),
    joined_at INTEGER NOT NULL,
    PRIMARY KEY (room_id, user_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX room_members_of_user ON room_members (user_id, joined_at, room_id);
CREATE INDEX room_members_of_room ON room_members (room_id, joined_at, user_id);

CREATE TRIGGER room_members_come AFTER INSERT ON room_members BEGIN
    UPDATE rooms SET members = members + 1 WHERE id = new.room_id;
END;

-- Where a member vanishes with their account, a room is never left without an owner: who has been in it for longest is one then, and
-- with its last member a room goes, too. The use cases let no last owner leave, so there nothing is left to do.
CREATE TRIGGER room_members_go AFTER DELETE ON room_members BEGIN
    UPDATE rooms SET members = members - 1, deleted_at = CASE WHEN members = 1 THEN coalesce(deleted_at, updated_at) ELSE deleted_at END,
        external_key = CASE WHEN members = 1 THEN NULL ELSE external_key END
        WHERE id = old.room_id;
    UPDATE room_members SET role = 'owner'
        WHERE room_id = old.room_id AND old.role = 'owner'
            AND user_id = (SELECT user_id FROM room_members WHERE room_id = old.room_id ORDER BY joined_at, user_id LIMIT 1)
            AND NOT EXISTS (SELECT 1 FROM room_members WHERE room_id = old.room_id AND role = 'owner')
            AND NOT EXISTS (SELECT 1 FROM rooms WHERE id = old.room_id AND deleted_at IS NOT NULL);
END;

-- Links that let people in. Only the hash of their secret is kept; what is revoked is gone.
CREATE TABLE room_invitations (
    id BLOB PRIMARY KEY NOT NULL,
    room_id BLOB NOT NULL REFERENCES rooms ON DELETE CASCADE,
    role TEXT NOT NULL CHECK (role IN ('member', 'viewer')),
    hash BLOB NOT NULL UNIQUE,
    invited_by BLOB REFERENCES users ON DELETE SET NULL,
    accepted INTEGER NOT NULL DEFAULT 0,            -- how many came by it
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX room_invitations_of_room ON room_invitations (room_id, created_at, id);
CREATE INDEX room_invitations_expiry ON room_invitations (expires_at);
