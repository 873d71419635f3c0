//! What somebody sends to get an account, or to change it.

use kernel::{FieldError, Length, Zone};

use super::{DefaultLead, DisplayName, Email, IdentityError, Locale, Password, ProfileChange};

/// A well-formed wish for an account.
#[derive(Debug)]
pub struct NewAccount {
    /// The address to sign in with.
    pub email: Email,
    /// Good enough, see [`Password::check`].
    pub password: Password,
    /// What others call its owner.
    pub display_name: DisplayName,
    /// Where new schedules are placed.
    pub time_zone: Zone,
    /// The language of what is sent to its owner.
    pub locale: Locale,
}

impl NewAccount {
    /// Reads what was sent; says everything that is wrong with it.
    pub fn parse(
        email: &str,
        password: String,
        display_name: &str,
        time_zone: Option<&str>,
        locale: Option<&str>,
    ) -> Result<Self, IdentityError> {
        let mut wrong = Vec::new();
        let password = Password::new(password);
        let email = read::<Email>("/email", email, &mut wrong);
        let display_name = read::<DisplayName>("/display_name", display_name, &mut wrong);
        let time_zone = time_zone.map_or_else(|| Some(Zone::utc()), |text| read("/time_zone", text, &mut wrong));
        let locale = locale.map_or(Some(Locale::default()), |tag| negotiate(tag, &mut wrong));
        if let (Some(email), Some(name)) = (&email, &display_name)
            && let Err(flaw) = password.check(email, name)
        {
            wrong.push(FieldError::new("/password", flaw.to_string()));
        }
        match (email, display_name, time_zone, locale) {
            (Some(email), Some(display_name), Some(time_zone), Some(locale)) if wrong.is_empty() => {
                Ok(Self { email, password, display_name, time_zone, locale })
            }
            _ => Err(IdentityError::Invalid(wrong)),
        }
    }
}

impl ProfileChange {
    /// Reads what was sent; says everything that is wrong with it.
    pub fn parse(
        display_name: Option<&str>,
        time_zone: Option<&str>,
        locale: Option<&str>,
        default_reminder_lead: Option<&str>,
    ) -> Result<Self, IdentityError> {
        let mut wrong = Vec::new();
        let change = Self {
            display_name: display_name.and_then(|text| read("/display_name", text, &mut wrong)),
            time_zone: time_zone.and_then(|text| read("/time_zone", text, &mut wrong)),
            locale: locale.and_then(|tag| negotiate(tag, &mut wrong)),
            default_lead: default_reminder_lead.and_then(|text| lead(text, &mut wrong)),
        };
        if wrong.is_empty() { Ok(change) } else { Err(IdentityError::Invalid(wrong)) }
    }
}

fn read<T: std::str::FromStr<Err: std::fmt::Display>>(pointer: &str, text: &str, wrong: &mut Vec<FieldError>) -> Option<T> {
    text.parse().map_err(|error: T::Err| wrong.push(FieldError::new(pointer, error.to_string()))).ok()
}

fn negotiate(tag: &str, wrong: &mut Vec<FieldError>) -> Option<Locale> {
    let locale = Locale::negotiate(tag);
    if locale.is_none() {
        wrong.push(FieldError::new("/locale", "not a language tag: write one of BCP 47, such as en or ko-KR"));
    }
    locale
}

fn lead(text: &str, wrong: &mut Vec<FieldError>) -> Option<DefaultLead> {
    let length = read::<Length>("/default_reminder_lead", text, wrong)?;
    let lead = u32::try_from(length.seconds()).ok().and_then(DefaultLead::from_seconds);
    if lead.is_none() {
        wrong.push(FieldError::new("/default_reminder_lead", "at most four weeks (P4W)"));
    }
    lead
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pointers<T: std::fmt::Debug>(result: Result<T, IdentityError>) -> Vec<String> {
        match result {
            Err(IdentityError::Invalid(wrong)) => wrong.into_iter().map(|w| w.pointer).collect(),
            other => panic!("expected field errors, got {other:?}"),
        }
    }

    #[test]
    fn an_account_needs_an_address_a_password_and_a_name() {
        let account = NewAccount::parse("a@example.org", "long enough".into(), "A", None, None).expect("account");
        assert_eq!((account.time_zone, account.locale), (Zone::utc(), Locale::En));
        let account =
            NewAccount::parse("a@example.org", "long enough".into(), "A", Some("asia/seoul"), Some("ko-KR")).expect("account");
        assert_eq!((account.time_zone.name(), account.locale), ("Asia/Seoul", Locale::Ko));
    }

    #[test]
    fn everything_wrong_is_said_at_once() {
        let nothing_right = NewAccount::parse("nobody", "short".into(), "", Some("Mars/Olympus"), Some("한국어"));
        assert_eq!(pointers(nothing_right), ["/email", "/display_name", "/time_zone", "/locale"]);
        let password = NewAccount::parse("a@example.org", "password".into(), "A", None, None);
        assert_eq!(pointers(password), ["/password"]);
        let change = ProfileChange::parse(Some("\n"), Some("KST"), Some("k"), Some("30 minutes"));
        assert_eq!(pointers(change), ["/display_name", "/time_zone", "/locale", "/default_reminder_lead"]);
        assert_eq!(pointers(ProfileChange::parse(None, None, None, Some("P5W"))), ["/default_reminder_lead"]);
    }

    #[test]
    fn what_is_not_sent_stays() {
        assert_eq!(ProfileChange::parse(None, None, None, None), Ok(ProfileChange::default()));
        let change = ProfileChange::parse(None, None, None, Some("PT0S")).expect("change");
        assert_eq!(change.default_lead.map(DefaultLead::as_seconds), Some(0));
    }
}
