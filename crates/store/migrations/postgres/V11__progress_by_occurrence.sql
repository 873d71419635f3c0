-- What was done with occurrences, in the order in which walls show them: a page of a list goes on where the one before ended.

CREATE INDEX progress_by_occurrence ON progress (owner_id, state, recurrence_id, schedule_id) WHERE recurrence_id <> '';
