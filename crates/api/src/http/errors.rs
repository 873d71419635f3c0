//! The table of error codes: the title of each, and what it means to whoever receives it.
//!
//! `/docs/errors` is generated from it, and a test fails when a code that some room can answer is not in it.

use http::StatusCode;

/// One code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ErrorEntry {
    /// Stable, `context.reason`.
    pub code: &'static str,
    /// The HTTP status it comes with.
    pub status: u16,
    /// A few words, the same for every occurrence (RFC 9457, 3.1.3).
    pub title: &'static str,
    /// What happened and what to do next.
    pub meaning: &'static str,
}

macro_rules! table {
    ($($code:literal $status:literal $title:literal $meaning:literal;)*) => {
        &[$(ErrorEntry { code: $code, status: $status, title: $title, meaning: $meaning }),*]
    };
}

/// Every code, sorted.
pub const ERRORS: &[ErrorEntry] = table! {
    "body.incomplete" 400 "Incomplete body" "The connection ended, or a chunk was malformed, before the body was complete. Send it again.";
    "body.invalid" 422 "Invalid body" "The body is JSON, but a member is missing, unknown, of the wrong type, out of range, or beyond a limit. `errors` points at it.";
    "body.malformed" 400 "Malformed body" "The body is not JSON that reads one way only: a syntax error, two members of one name, a byte order mark, text that is not UTF-8, or something behind the end.";
    "body.too_large" 413 "Body too large" "A body may have at most 1 MiB, a calendar file 2 MiB, and a list of people 8 MiB.";
    "body.too_slow" 408 "Body too slow" "The body did not arrive in time. Send it again over a better connection.";
    "body.unsupported_encoding" 415 "Unsupported encoding" "Bodies are not decompressed: send them as they are, without a `Content-Encoding`.";
    "body.unsupported_media_type" 415 "Unsupported media type" "Bodies are `application/json` in UTF-8, calendar files `text/calendar`, and lists of people `text/csv`.";
    "category.cycle" 422 "Below itself" "A category cannot lie below itself. `cycle` names the way from it down to its new parent.";
    "category.has_children" 409 "Others lie below" "Say what becomes of the categories below: `children=lift` or `children=delete`.";
    "category.invalid" 422 "Invalid category" "A field of the category is not valid. `errors` points at it.";
    "category.name_taken" 409 "Name taken" "A sibling has this name, in this or another case. `taken_by` is its id.";
    "category.not_found" 404 "No such category" "There is no such category, or it is not yours.";
    "category.too_deep" 422 "Too deep" "At most 8 categories lie above one another.";
    "category.too_many" 409 "Too many categories" "You have as many categories as a user may have. Delete one first.";
    "category.version_mismatch" 412 "Changed meanwhile" "The category changed since the version in `If-Match`. Read it again.";
    "category.version_required" 428 "Version required" "Send the version you know in `If-Match`.";
    "comment.not_found" 404 "No such comment" "There is no such comment in the room: it was deleted, or never was.";
    "comment.not_yours" 403 "Somebody else's comment" "Only its author changes a comment; owners of the room may delete it.";
    "comment.version_mismatch" 412 "Changed meanwhile" "The comment changed since the version in `If-Match`. Read it again.";
    "cursor.malformed" 400 "Malformed cursor" "The cursor was not answered by this list. Begin again without one.";
    "edge.cross_site" 403 "Cross-site request" "A web page of another origin made a browser send this. Add its origin to `http.cors_origins` if it is yours.";
    "edge.headers_too_large" 431 "Headers too large" "The header names and values may have at most 16 KiB together.";
    "edge.malformed_host" 400 "Malformed host" "A request names its host exactly once, and in an absolute address the same one.";
    "edge.not_ready" 503 "Not ready" "The process runs but cannot serve yet, or no longer. `checks` says why.";
    "edge.operators_only" 403 "Operators only" "This page is served to peers on the same machine, unless the configuration says otherwise.";
    "edge.overloaded" 503 "Overloaded" "More requests are under way than this process takes. Come back after `Retry-After`.";
    "edge.refused" 400 "Refused" "The request was refused before it reached a handler; the status says how.";
    "edge.too_many_at_once" 429 "Too many at once" "Too many of your requests are under way at this moment. Wait for some of them.";
    "edge.too_slow" 503 "Given up" "The request took too long. It may or may not have happened: repeat it with the same `Idempotency-Key`.";
    "edge.unknown_host" 421 "Unknown host" "A program on the same machine named this server in a way it does not know. Use localhost, an address, or the name in `http.public_url`.";
    "edge.uri_too_long" 414 "Address too long" "An address may have at most 8 KiB.";
    "feed.invalid" 422 "Invalid feed" "A field of the feed is not valid. `errors` points at it.";
    "feed.not_found" 404 "No such feed" "The feed was revoked, or never was, or is not yours.";
    "feed.throttled" 429 "Read too often" "The feed was read too often, or too many feeds were asked for that are not there. Come back after `Retry-After`, with `If-None-Match`.";
    "feed.too_many" 409 "Too many feeds" "You have 10 feeds. Delete one that is no longer read.";
    "icalendar.invalid" 422 "Invalid calendar" "The file is iCalendar, but says something that cannot be kept. `errors` points at the component and the property, and begins with the line.";
    "icalendar.malformed" 422 "Malformed calendar" "The file is no iCalendar (RFC 5545): a line that is none, text that is not UTF-8, a BEGIN without its END. `errors` points at the line.";
    "icalendar.too_much" 422 "Calendar too large" "The file has more components, longer lines, or more in each other than is read at once. `errors` points at the line.";
    "id.malformed" 400 "Malformed id" "A part of the path is not an id of the expected kind.";
    "idempotency.in_flight" 409 "Still running" "The first request with this `Idempotency-Key` has not finished. Come back after `Retry-After`.";
    "idempotency.malformed_key" 400 "Malformed idempotency key" "An `Idempotency-Key` is 1 to 255 visible ASCII characters, sent once.";
    "idempotency.other_request" 422 "Idempotency key already used" "This `Idempotency-Key` was used for a different request within 24 hours. Choose a new one.";
    "identity.api_key_not_found" 404 "No such API key" "There is no such key, or it is not yours.";
    "identity.bad_credentials" 401 "Wrong e-mail or password" "The address is unknown or the password is wrong; which of them is not told.";
    "identity.bad_current_password" 403 "Wrong current password" "Changing the password needs the present one.";
    "identity.bad_refresh_token" 401 "Invalid refresh token" "The refresh token is unknown, used up or revoked. Sign in again.";
    "identity.busy" 503 "Busy signing people in" "Too many passwords are being checked. Come back after `Retry-After`.";
    "identity.email_taken" 409 "Address taken" "Another account has this e-mail address.";
    "identity.forbidden" 403 "Not allowed" "You are known, but your role, or the scopes of your key, do not allow this.";
    "identity.invalid" 422 "Invalid field" "A field of an account, a key or a session is not valid. `errors` points at it.";
    "identity.session_not_found" 404 "No such session" "There is no such session, or it is not yours.";
    "identity.throttled" 429 "Too many attempts" "Too many failed attempts. Come back after `Retry-After`.";
    "identity.too_many_api_keys" 409 "Too many API keys" "You have as many keys as a user may have. Delete one first.";
    "identity.two_credentials" 400 "Two credentials" "Send exactly one `Authorization` header.";
    "identity.unauthenticated" 401 "Not signed in" "The request carries no credential, or none that is valid.";
    "identity.user_not_found" 404 "No such account" "There is no account with this address.";
    "identity.version_mismatch" 412 "Changed meanwhile" "The profile changed since the version in `If-Match`. Read it again.";
    "identity.version_required" 428 "Version required" "Send the version you know in `If-Match`.";
    "internal" 500 "Internal error" "Something went wrong on our side. It was logged under the `trace_id`.";
    "invitation.not_found" 404 "No such invitation" "The invitation expired, was revoked, or never was. Ask for a new one.";
    "notification.not_found" 404 "No such notification" "There is no such notification, or it is not yours.";
    "planning.calendar_too_dense" 422 "Too many occurrences" "The calendar has more occurrences in this range than are looked at. Ask for a shorter one.";
    "planning.invalid" 422 "Invalid plan" "A field of what is to be planned, or a parameter, is not valid. `errors` points at it.";
    "precondition.malformed" 400 "Malformed precondition" "`If-Match` carries the `ETag` of the resource as it was answered, once.";
    "product.invalid" 422 "Invalid product" "A field of the product is not valid. `errors` points at it.";
    "product.not_found" 404 "No such product" "There is no such product, or it is not yours. Somebody else's is named by its `id`, and you subscribe nobody to it but yourself.";
    "product.out_of_stock" 409 "Out of stock" "Nothing is in stock, so nobody is told. Set the stock, or send it along.";
    "product.too_many" 409 "Too many products" "You have 1,000 products, which is the most. Delete one first.";
    "product.version_mismatch" 412 "Changed meanwhile" "The product changed since the version in `If-Match`, or is not there. Read it again.";
    "query.invalid" 422 "Invalid query" "A parameter of the query is missing, unknown, given twice, or out of range. `errors` points at it.";
    "query.malformed" 400 "Malformed query" "The query is not percent-encoded UTF-8.";
    "quota.schedules" 409 "Too many schedules" "You keep as many schedules as a user may, by `limits.schedules_per_user`. Delete some first; the trash does not count.";
    "reaction.too_many" 409 "Too many reactions of yours" "One person gives one thing at most 20 different reactions. Take one back first.";
    "reaction.too_many_kinds" 409 "Too many different reactions" "There are at most 100 different reactions to one thing. Give one of those.";
    "recipient.invalid" 422 "Invalid recipient" "A field of the recipient is not valid. `errors` points at it.";
    "recipient.not_found" 404 "No such recipient" "The address book has nobody of this name, and no account has this id.";
    "recipient.too_many" 409 "Too many recipients" "There are 2,000,000 recipients in the address book, which is the most. Delete some first.";
    "recipient.version_mismatch" 412 "Changed meanwhile" "The recipient changed since the version in `If-Match`, or is not there. Read it again.";
    "reminder.invalid" 422 "Invalid reminder" "The reminder cannot be what is asked. `errors` points at the field.";
    "reminder.not_active" 409 "Reminder not active" "The reminder has been dismissed, or replaced, or its schedule is gone.";
    "reminder.not_found" 404 "No such reminder" "There is no such reminder, or it is not yours.";
    "room.dedupe_key_taken" 422 "Key already used" "Something else was published into this room under this `dedupe_key`. Choose a new one.";
    "room.event_too_large" 413 "Event too large" "The data of an event has at most 64 KiB, without the space between its parts. Publish where it lies instead.";
    "room.forbidden" 403 "Not as what you are there" "You are in the room, but only its owners may do this; to publish one has to be a member.";
    "room.full" 409 "Room full" "The room has as many members as a room may, by `limits.members_per_room`.";
    "room.invalid" 422 "Invalid room" "A field of the room, of a member or of an invitation is not valid. `errors` points at it.";
    "room.item_not_found" 404 "Nothing there" "There is no such event, comment or schedule in the room.";
    "room.last_owner" 409 "Last owner" "A room has at least one owner. Make somebody else one first, or delete the room.";
    "room.member_not_found" 404 "Nobody there" "Nobody of this id is in the room.";
    "room.not_found" 404 "No such room" "There is no such room, or you are not in it.";
    "room.shared_too_often" 409 "Shared too often" "A schedule is shared with at most 20 rooms. End another share of it first.";
    "room.too_fast" 429 "Too fast" "You comment in this room, or name people there, more often than 60 times a minute. Come back after `Retry-After`.";
    "room.too_many" 409 "Too many rooms" "You are in as many rooms as a user may be, by `limits.rooms_per_user`. Leave one first.";
    "room.too_many_invitations" 409 "Too many invitations" "The room has as many invitations as a room may, by `limits.invitations_per_room`. Revoke one first.";
    "room.too_many_schedules" 409 "Too many schedules" "At most 200 schedules are shared with one room. End another share first.";
    "room.version_mismatch" 412 "Changed meanwhile" "The room changed since the version in `If-Match`. Read it again.";
    "room.version_required" 428 "Version required" "Send the version you know in `If-Match`.";
    "round.expires_in_the_past" 422 "Over before it begins" "`expires_at` lies in the past.";
    "round.finished" 409 "Round finished" "The round was completed or cancelled and stays so. Raise another one.";
    "round.in_progress" 409 "In progress already" "The round goes on already.";
    "round.not_found" 404 "No such round" "The product has no restock round of this number.";
    "round.not_in_progress" 409 "Not in progress" "Only a round that is in progress can be paused.";
    "round.sold_out" 409 "Sold out" "Nothing is in stock. The round goes on when there is something, and you say so.";
    "round.version_mismatch" 412 "Changed meanwhile" "The round changed since the version in `If-Match`. Read it again.";
    "route.method_not_allowed" 405 "Method not allowed" "There is something at this address, but it cannot do that. The `Allow` header lists what it can.";
    "route.not_found" 404 "No such address" "There is nothing at this address.";
    "schedule.another_running" 409 "Another is in progress" "At most one schedule of a person is in progress. `running` names it: suspend or complete it, or start with `auto_suspend=true`.";
    "schedule.calendar_too_dense" 409 "Too much to compare" "There are more occurrences to compare than are looked at, so nobody can say whether the time is free. `on_conflict=allow` has it nevertheless, and what is not `busy` needs none.";
    "schedule.conflict" 409 "Time is taken" "The schedule would overlap what is busy already, or itself. `conflicts` lists it, `free_slots` is free instead; `on_conflict=allow` has both.";
    "schedule.illegal_transition" 409 "Not from here" "The schedule cannot do this where it stands. `state` says where, `allowed` what it can do.";
    "schedule.invalid" 422 "Invalid schedule" "A field of the schedule is not valid. `errors` points at it.";
    "schedule.not_an_occurrence" 404 "No such occurrence" "The series has no occurrence at this wall time. Read its occurrences again.";
    "schedule.not_deleted" 409 "Not deleted" "Only a deleted schedule can be restored.";
    "schedule.not_found" 404 "No such schedule" "There is no such schedule, or it is not yours.";
    "schedule.recurrence_never_occurs" 422 "Never occurs" "No date before the end of 2200 fits the rule, as with 30 February, or every one is taken out.";
    "schedule.recurrence_too_large" 422 "Recurrence too large" "The text of the rule, the times it names for a day, or a list of dates is longer than its limit.";
    "schedule.rrule_contradictory" 422 "Contradictory rule" "Parts of the rule exclude or need each other. The detail names them.";
    "schedule.rrule_malformed" 422 "Malformed rule" "The rule is not a list of `NAME=VALUE` with names of RFC 5545, each once.";
    "schedule.rrule_out_of_range" 422 "Rule out of range" "A value of the rule, or a date beside it, cannot be read or lies outside of its range. The detail names the part.";
    "schedule.rrule_unsupported" 422 "Unsupported rule" "RFC 5545 or an extension knows the rule, but Campanile does not do it: hours and shorter as a frequency, other calendars.";
    "schedule.running" 409 "In progress" "What is in progress cannot be deleted, nor an occurrence of a series that is be moved. Suspend, complete or cancel it first.";
    "schedule.version_mismatch" 412 "Changed meanwhile" "The schedule changed since the version in `If-Match`. Read it again.";
    "schedule.version_required" 428 "Version required" "Send the version you know in `If-Match`.";
    "socket.upgrade_required" 426 "Upgrade required" "This address speaks WebSocket, version 13, over HTTP/1.1. `GET /api/v1/stream` answers the same over plain HTTP.";
    "store.full" 507 "Storage full" "There is no room left to keep it; nothing was changed. Come back after `Retry-After`, and tell the operator.";
    "store.overloaded" 503 "Store overloaded" "The database has more to do than it can; nothing was changed. Come back after `Retry-After`.";
    "store.unavailable" 503 "Store unavailable" "The database does not answer; nothing was changed. Come back after `Retry-After`.";
    "store.unknown_result" 503 "Result unknown" "The connection was lost while it was being kept. Repeat it with the same `Idempotency-Key`.";
    "stream.draining" 503 "Shutting down" "This process is about to stop. Connect again: another one answers, or this one when it is back.";
    "stream.not_found" 404 "No such stream" "No stream has this name, or the connection does not read it. Streams are called `me`, or by the id of a room.";
    "stream.too_many" 503 "Too many streams" "This process holds as many live streams as it can.";
    "stream.too_many_of_address" 429 "Too many streams from there" "As many live streams are open from your address as may be, by `limits.streams_per_address`. Close one, or come back after `Retry-After`.";
    "stream.too_many_of_stream" 429 "Too many follow this" "As many follow this live as may, by `limits.streams_per_room`. Come back after `Retry-After`.";
    "stream.too_many_of_user" 429 "Too many streams of yours" "You have as many live streams open as a user may have. Close one.";
    "stream.too_many_on_connection" 409 "Too many streams on one connection" "One connection reads at most 50 streams. Leave one of them, or open another connection.";
    "subscription.bad_lines" 422 "Bad lines" "Some lines of the list cannot be imported, so nothing was. `lines` names the first 100 with the number of the `line`, a `code` and a `detail`; `bad_lines` says how many there are.";
    "subscription.declined" 403 "Declined" "They left by themself. Only they can subscribe again.";
    "subscription.not_found" 404 "No such subscription" "They never subscribed to this product.";
    "subscription.too_many" 409 "Too many wait" "1,000,000 wait for the product, which is the most.";
    "subscription.too_many_lines" 422 "Too many lines" "At most 50,000 lines are imported at once. Divide the list.";
    "tag.invalid" 422 "Invalid tag" "A field of the tag is not valid. `errors` points at it.";
    "tag.name_taken" 409 "Name taken" "Another tag has this name, in this or another case. `taken_by` is its id: merge the two to make them one.";
    "tag.not_found" 404 "No such tag" "There is no such tag, or it is not yours.";
    "tag.too_many" 409 "Too many tags" "You have as many tags as a user may have. Delete or merge some first.";
    "tag.version_mismatch" 412 "Changed meanwhile" "The tag changed since the version in `If-Match`. Read it again.";
    "tag.version_required" 428 "Version required" "Send the version you know in `If-Match`.";
    "task.blocked" 409 "Something comes first" "What the task depends on is open. `blocked_by` names it: complete it first, or send `force=true`.";
    "task.closed" 409 "Task closed" "The task is completed or archived. Reopen or unarchive it before you plan work on it or split it.";
    "task.cycle" 422 "Waiting in a circle" "These tasks would wait for each other in a circle. `cycle` names them, each waiting for the next and the last for the first. A task waits for what it depends on and for its subtasks.";
    "task.invalid" 422 "Invalid task" "A field of the task is not valid. `errors` points at it.";
    "task.not_found" 404 "No such task" "There is no such task, or it is not yours.";
    "task.open_subtasks" 409 "Open subtasks" "The task has subtasks that are open. `open_subtasks` names them: complete them first, or send `force=true`.";
    "task.too_many" 409 "Too many tasks" "You have as many tasks, or sessions of one task, as a person may have. Delete some that are done.";
    "task.version_mismatch" 412 "Changed meanwhile" "The task changed since the version in `If-Match`. Read it again.";
    "task.version_required" 428 "Version required" "Send the version you know in `If-Match`.";
};

/// The entry of a code.
pub(crate) fn find(code: &str) -> Option<&'static ErrorEntry> {
    ERRORS.binary_search_by_key(&code, |entry| entry.code).ok().map(|index| &ERRORS[index])
}

/// The title of a code, or that of its status where the code is not in the table.
pub(crate) fn title(code: &str, status: StatusCode) -> &'static str {
    match find(code) {
        Some(entry) if entry.status == status.as_u16() => entry.title,
        _ => status.canonical_reason().unwrap_or("Error"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_every_code_stands_in_it_once() {
        assert!(ERRORS.is_sorted_by(|a, b| a.code < b.code));
    }
}
