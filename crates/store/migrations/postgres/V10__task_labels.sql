-- What tasks are labelled with, and what they are found by.

ALTER TABLE tasks ADD COLUMN category_id uuid REFERENCES categories ON DELETE SET NULL;
CREATE INDEX tasks_of_category ON tasks (category_id) WHERE category_id IS NOT NULL;

CREATE TABLE task_tags (
    task_id uuid NOT NULL REFERENCES tasks ON DELETE CASCADE,
    tag_id uuid NOT NULL REFERENCES tags ON DELETE CASCADE,
    PRIMARY KEY (task_id, tag_id)
);
CREATE INDEX task_tags_of_tag ON task_tags (tag_id, task_id);

-- As search_documents is for schedules.
CREATE TABLE task_search_documents (
    task_id uuid PRIMARY KEY REFERENCES tasks ON DELETE CASCADE,
    tokens tsvector NOT NULL
);
CREATE INDEX task_search_tokens ON task_search_documents USING gin (tokens) WITH (fastupdate = off);

-- Tasks of before, whose tokens are not made yet.
CREATE TABLE task_search_backlog (
    task_id uuid PRIMARY KEY REFERENCES tasks ON DELETE CASCADE,
    owner_id uuid NOT NULL REFERENCES users ON DELETE CASCADE
);
INSERT INTO task_search_backlog (task_id, owner_id) SELECT id, owner_id FROM tasks;
