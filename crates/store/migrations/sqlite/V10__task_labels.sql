-- What tasks are labelled with, and what they are found by.

ALTER TABLE tasks ADD COLUMN category_id BLOB REFERENCES categories ON DELETE SET NULL;
CREATE INDEX tasks_of_category ON tasks (category_id) WHERE category_id IS NOT NULL;

CREATE TABLE task_tags (
    task_id BLOB NOT NULL REFERENCES tasks ON DELETE CASCADE,
    tag_id BLOB NOT NULL REFERENCES tags ON DELETE CASCADE,
    PRIMARY KEY (task_id, tag_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX task_tags_of_tag ON task_tags (tag_id, task_id);

-- As search_tokens and search_documents are for schedules.
CREATE VIRTUAL TABLE task_search_tokens USING fts5 (
    tokens, content = '', contentless_delete = 1, detail = none, tokenize = "ascii tokenchars '_'"
);
CREATE TABLE task_search_documents (
    doc INTEGER PRIMARY KEY,                        -- its row in task_search_tokens
    task_id BLOB NOT NULL UNIQUE REFERENCES tasks ON DELETE CASCADE
) STRICT;
CREATE TRIGGER task_search_documents_vanish AFTER DELETE ON task_search_documents BEGIN
    DELETE FROM task_search_tokens WHERE rowid = old.doc;
END;

-- Tasks of before, whose tokens are not made yet.
CREATE TABLE task_search_backlog (
    task_id BLOB PRIMARY KEY NOT NULL REFERENCES tasks ON DELETE CASCADE,
    owner_id BLOB NOT NULL REFERENCES users ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
INSERT INTO task_search_backlog (task_id, owner_id) SELECT id, owner_id FROM tasks;
