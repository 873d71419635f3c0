//! Whom an owner of products can tell.

use kernel::{FieldError, Instant, RecipientId, UserId, Zone};

use super::CampaignError;
use crate::{
    identity::{DisplayName, Email, Locale},
    text::{is_invisible, line},
};

/// Characters of what an owner calls somebody.
const MAX_EXTERNAL_ID: usize = 128;
/// Recipients of one owner.
const MAX_RECIPIENTS: u32 = 2_000_000;

/// Somebody in the address book of an owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipient {
    /// Its id.
    pub id: RecipientId,
    /// Whose address book.
    pub owner: UserId,
    /// What the owner calls them; the id of the account, where there is one.
    pub external_id: String,
    /// The account, if they have one.
    pub user: Option<UserId>,
    /// What they are called; of who has an account, what they call themselves.
    pub name: Option<String>,
    /// Their address, kept of nobody who has an account.
    pub email: Option<Email>,
    /// Their language.
    pub locale: Option<Locale>,
    /// Their zone.
    pub time_zone: Option<Zone>,
    /// Grows with every change; the ETag.
    pub version: i64,
    /// When they came into the book.
    pub created_at: Instant,
    /// When that last changed.
    pub updated_at: Instant,
    /// Whether they were taken out of the book.
    pub deleted: bool,
}

/// What an owner says of somebody without an account, field by field as it came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecipientDraft {
    /// What they are called.
    pub name: Option<DisplayName>,
    /// Their address.
    pub email: Option<Email>,
    /// Their language.
    pub locale: Option<Locale>,
    /// Their zone.
    pub time_zone: Option<Zone>,
}

impl RecipientDraft {
    /// Reads the fields, which stand at `at` and their names; all that are wrong are named.
    pub fn read(at: &str, [name, email, locale, time_zone]: [Option<&str>; 4]) -> Result<Self, Vec<FieldError>> {
        let mut wrong = Vec::new();
        let mut refuse = |field: &str, detail: String| wrong.push(FieldError::new(format!("{at}/{field}"), detail));
        let name = name.map(str::parse).transpose().unwrap_or_else(|error: crate::identity::NameError| {
            refuse("name", error.to_string());
            None
        });
        let email = email.map(str::parse).transpose().unwrap_or_else(|error: crate::identity::EmailError| {
            refuse("email", error.to_string());
            None
        });
        let tongue = locale.and_then(Locale::negotiate);
        if locale.is_some() && tongue.is_none() {
            refuse("locale", "write a language tag such as ko or en-GB".to_owned());
        }
        let time_zone = time_zone.map(str::parse).transpose().unwrap_or_else(|error: kernel::ZoneError| {
            refuse("time_zone", error.to_string());
            None
        });
        if wrong.is_empty() { Ok(Self { name, email, locale: tongue, time_zone }) } else { Err(wrong) }
    }

    /// A new recipient.
    pub fn begin(&self, (id, owner, external_id): (RecipientId, UserId, String), now: Instant) -> Recipient {
        Recipient {
            id,
            owner,
            external_id,
            user: None,
            name: self.name.as_ref().map(|name| name.as_str().to_owned()),
            email: self.email.clone(),
            locale: self.locale,
            time_zone: self.time_zone.clone(),
            version: 1,
            created_at: now,
            updated_at: now,
            deleted: false,
        }
    }
}

/// Which of those a file says; the others stay as they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "four columns that are there or not")]
pub struct Details {
    /// What they are called.
    pub name: bool,
    /// Their address.
    pub email: bool,
    /// Their language.
    pub locale: bool,
    /// Their zone.
    pub time_zone: bool,
}

impl Recipient {
    /// Makes them what `draft` says, and brings them back into the book; answers whether anything is different then.
    pub fn become_as(&mut self, draft: &RecipientDraft, now: Instant) -> bool {
        let after = Self {
            version: self.version,
            created_at: self.created_at,
            updated_at: self.updated_at,
            user: self.user,
            ..draft.begin((self.id, self.owner, self.external_id.clone()), now)
        };
        let same = after == *self;
        if !same {
            *self = Self { version: self.version + 1, updated_at: now, ..after };
        }
        !same
    }

    /// As [`Recipient::become_as`], of a file that says only these `details`.
    pub fn learn(&mut self, draft: &RecipientDraft, details: Details, now: Instant) -> bool {
        let name = if details.name { draft.name.clone() } else { self.name.clone().map(DisplayName::kept) };
        let email = if details.email { draft.email.clone() } else { self.email.clone() };
        let locale = if details.locale { draft.locale } else { self.locale };
        let time_zone = if details.time_zone { draft.time_zone.clone() } else { self.time_zone.clone() };
        self.become_as(&RecipientDraft { name, email, locale, time_zone }, now)
    }
}

/// Refuses more recipients in a book than there may be.
pub fn fit(recipients: i64) -> Result<(), CampaignError> {
    if recipients > i64::from(MAX_RECIPIENTS) { Err(CampaignError::TooManyRecipients { most: MAX_RECIPIENTS }) } else { Ok(()) }
}

/// Who a path or a line names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Who {
    /// Somebody with an account.
    User(UserId),
    /// Somebody whom the owner calls this.
    External(String),
}

impl Who {
    /// Reads what a path says. `None`: nobody was ever called that. Who is called so must be looked for: what somebody new may be called is
    /// for [`external_id`] to say, which grows stricter.
    pub fn read(text: &str) -> Option<Self> {
        text.parse().map(Self::User).ok().or_else(|| called("", text).ok().map(Self::External))
    }

    /// As kept.
    pub fn external_id(&self) -> String {
        match self {
            Self::User(user) => user.to_string(),
            Self::External(id) => id.clone(),
        }
    }
}

/// What an owner may call somebody new: 1 to 128 characters that are seen, which are no word that means something else in a path.
pub fn external_id(pointer: &str, text: &str) -> Result<String, FieldError> {
    let called = called(pointer, text)?;
    if matches!(&*called, "." | "..") {
        return Err(FieldError::new(pointer, "in a path, . and .. are other places: choose another word"));
    }
    // Two that look alike would be two people.
    if called.chars().any(|c| c != ' ' && is_invisible(c)) {
        return Err(FieldError::new(pointer, "write characters that are seen; the only space is the common one"));
    }
    Ok(called)
}

/// What people may be called since there is an address book: one line of 1 to 128 characters without space around it, which does not begin
/// as the ids of accounts do, nor is the one word that stands where people are named in paths.
fn called(pointer: &str, text: &str) -> Result<String, FieldError> {
    let trimmed = line(pointer, text, MAX_EXTERNAL_ID)?;
    if trimmed == "import" {
        return Err(FieldError::new(pointer, "import is what a path calls the import of a list: choose another word"));
    }
    if trimmed.is_empty() || trimmed.len() != text.len() || trimmed.starts_with(concat!("usr", "_")) {
        return Err(FieldError::new(pointer, "write 1 to 128 characters without space around them, not beginning with usr_"));
    }
    Ok(trimmed)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn ids() -> (RecipientId, UserId, String) {
        (RecipientId::from_uuid(Uuid::from_u128(1)), UserId::from_uuid(Uuid::from_u128(2)), "c-1".to_owned())
    }

    #[test]
    fn somebody_is_named_by_their_account_or_as_the_owner_calls_them() {
        let user = UserId::from_uuid(Uuid::from_u128(7));
        assert_eq!(Who::read(&user.to_string()), Some(Who::User(user)));
        for good in ["customer 7", "고객/7", "usr", "...", ".a", "ä", &"가".repeat(128)] {
            assert_eq!(Who::read(good), Some(Who::External(good.to_owned())), "{good:?}");
            assert_eq!(external_id("", good).as_deref(), Ok(good));
        }
        for bad in ["", " a", "a ", "a\nb", "a\0b", "a\u{85}b", "import", "usr_7", "usr_", &"x".repeat(129)] {
            assert_eq!(Who::read(bad), None, "{bad:?}");
            assert!(external_id("", bad).is_err(), "{bad:?}");
        }
        assert_eq!(Who::User(user).external_id(), user.to_string());
    }

    #[test]
    fn who_is_called_as_nobody_new_may_be_is_named_all_the_same() {
        let unseen = "\u{a0}\u{ad}\u{200b}\u{200d}\u{202e}\u{2066}\u{2800}\u{3164}\u{feff}\u{fff9}\u{fffe}\u{e0041}";
        let with_it = unseen.chars().map(|c| format!("a{c}b"));
        for text in [".", ".."].map(str::to_owned).into_iter().chain(with_it) {
            assert!(external_id("", &text).is_err(), "{text:?}");
            assert_eq!(Who::read(&text), Some(Who::External(text.clone())), "{text:?}");
        }
    }

    #[test]
    fn every_field_that_is_wrong_is_named() {
        let good = [Some("김철수"), Some("kim@example.org"), Some("ko-KR"), Some("Asia/Seoul")];
        let draft = RecipientDraft::read("", good).expect("a draft");
        assert_eq!(draft.locale, Some(Locale::Ko));
        assert_eq!(RecipientDraft::read("", [None; 4]), Ok(RecipientDraft::default()));
        let bad = RecipientDraft::read("/a", [Some(""), Some("kim"), Some("?"), Some("Mars")]).expect_err("all wrong");
        let pointers: Vec<_> = bad.iter().map(|error| error.pointer.as_str()).collect();
        assert_eq!(pointers, ["/a/name", "/a/email", "/a/locale", "/a/time_zone"]);
    }

    #[test]
    fn the_same_again_is_no_change_and_who_was_taken_out_comes_back() {
        let later = Instant::from_micros(1);
        let draft = RecipientDraft::read("", [Some("Kim"), None, None, None]).expect("a draft");
        let mut recipient = draft.begin(ids(), Instant::EPOCH);
        assert_eq!((recipient.become_as(&draft, later), recipient.version), (false, 1));
        assert_eq!((recipient.become_as(&RecipientDraft::default(), later), recipient.version), (true, 2));
        assert_eq!((recipient.name.as_deref(), recipient.updated_at, recipient.created_at), (None, later, Instant::EPOCH));
        recipient.deleted = true;
        assert!(recipient.become_as(&RecipientDraft::default(), later) && !recipient.deleted);
    }

    #[test]
    fn what_a_file_does_not_say_stays_as_it_is() {
        let said = RecipientDraft::read("", [Some("Kim"), Some("kim@example.org"), Some("ko"), None]).expect("a draft");
        let mut recipient = said.begin(ids(), Instant::EPOCH);
        let later = RecipientDraft::read("", [Some("Lee"), None, None, Some("Asia/Seoul")]).expect("a draft");
        assert!(!recipient.learn(&later, Details::default(), Instant::EPOCH));
        let details = Details { name: true, email: true, ..Details::default() };
        assert!(recipient.learn(&later, details, Instant::EPOCH));
        let after = (recipient.name.as_deref(), &recipient.email, recipient.locale, &recipient.time_zone);
        assert_eq!(after, (Some("Lee"), &None, Some(Locale::Ko), &None));
    }

    #[test]
    fn a_name_that_nobody_would_be_given_any_more_is_not_lost() {
        let said = RecipientDraft { name: Some(DisplayName::kept("\u{3164}".to_owned())), ..RecipientDraft::default() };
        let mut recipient = said.begin(ids(), Instant::EPOCH);
        let file = RecipientDraft::read("", [None, None, Some("ko"), None]).expect("a draft");
        assert!(recipient.learn(&file, Details { locale: true, ..Details::default() }, Instant::EPOCH));
        assert_eq!(recipient.name.as_deref(), Some("\u{3164}"));
    }

    #[test]
    fn a_book_holds_so_many() {
        assert_eq!(fit(2_000_000), Ok(()));
        assert_eq!(fit(2_000_001), Err(CampaignError::TooManyRecipients { most: 2_000_000 }));
    }
}
