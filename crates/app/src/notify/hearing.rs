//! What a service key hears on the stream of its owner: what its scopes let it read elsewhere, and no more.

use domain::identity::{Caller, Credential, Scope};

/// The kinds of one's own stream, and what a key must hold to be told of each; `None`: only the person is, as only they can ask for it.
const KINDS: [(&str, Option<Scope>); 16] = [
    ("notification.created", Some(Scope::NotificationsRead)),
    ("notification.read", Some(Scope::NotificationsRead)),
    ("notification.deleted", Some(Scope::NotificationsRead)),
    ("unread.changed", Some(Scope::NotificationsRead)),
    ("schedule.changed", Some(Scope::SchedulesRead)),
    ("task.changed", Some(Scope::SchedulesRead)),
    ("progress.changed", Some(Scope::SchedulesRead)),
    ("category.changed", Some(Scope::SchedulesRead)),
    ("tag.changed", Some(Scope::SchedulesRead)),
    ("reminder.changed", Some(Scope::SchedulesRead)),
    ("campaign.changed", Some(Scope::CampaignsRead)),
    ("room.changed", Some(Scope::RoomsRead)),
    ("room.read", Some(Scope::RoomsRead)),
    ("session.created", None),
    ("session.revoked", None),
    ("profile.changed", None),
];

/// Whether `caller`, who follows their own stream, is told of what is called `kind`. A key is not told of a kind that stands nowhere here.
pub(super) fn hears(caller: &Caller, kind: &str) -> bool {
    if matches!(caller.credential, Credential::Session(_)) {
        return true;
    }
    let needed = KINDS.iter().find(|(known, _)| *known == kind).and_then(|(_, needed)| *needed);
    needed.is_some_and(|scope| caller.may(scope))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use domain::identity::Role;
    use kernel::{ApiKeyId, SessionId, UserId};
    use uuid::Uuid;

    use super::*;

    fn caller(credential: Credential) -> Caller {
        Caller { user: UserId::from_uuid(Uuid::nil()), role: Role::Administrator, credential }
    }

    fn key(scopes: &[Scope]) -> Caller {
        caller(Credential::Key { id: ApiKeyId::from_uuid(Uuid::nil()), scopes: scopes.to_vec() })
    }

    #[test]
    fn a_person_hears_everything_and_a_key_what_it_may_read() {
        let person = caller(Credential::Session(SessionId::from_uuid(Uuid::nil())));
        let (little, all) = (key(&[Scope::NotificationsRead]), key(&Scope::ALL));
        for (kind, needed) in KINDS {
            assert!(hears(&person, kind), "{kind}");
            assert_eq!(hears(&little, kind), needed == Some(Scope::NotificationsRead), "{kind}");
            assert_eq!(hears(&all, kind), needed.is_some(), "{kind}");
        }
        assert!(hears(&person, "invented.later") && !hears(&all, "invented.later"));
        assert!(hears(&key(&[Scope::EventsPublish]), "room.changed"), "who publishes reads rooms");
    }

    #[test]
    fn the_manual_lists_these_kinds_with_these_scopes() {
        let manual = include_str!("../../../../docs/streams.md");
        let table = manual.lines().skip_while(|line| !line.starts_with("| event | data |")).skip(2);
        let rows = table.take_while(|line| line.starts_with('|')).map(|line| line.split('|').map(str::trim).collect::<Vec<_>>());
        let mut documented = BTreeSet::new();
        for row in rows {
            let scope = row[3].trim_matches('`').to_owned();
            documented.extend(row[1].split(", ").map(|kind| (kind.trim_matches('`').to_owned(), scope.clone())));
        }
        let known = KINDS.map(|(kind, scope)| (kind.to_owned(), scope.map_or_else(|| "–".to_owned(), |scope| scope.to_string())));
        let missing: Vec<_> = known.iter().filter(|row| !documented.contains(*row)).collect();
        assert!(missing.is_empty(), "{missing:?} of {documented:?}");
        let of_the_stream = ["ready", "gap", "close", "withheld", "presence.update"];
        let unknown: Vec<_> =
            documented.iter().filter(|row| !known.contains(row) && !of_the_stream.contains(&row.0.as_str())).collect();
        assert!(unknown.is_empty(), "{unknown:?}");
    }
}
