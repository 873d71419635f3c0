//! What somebody sends to get an account, or to change it.

use kernel::{FieldError, Length, Zone};

use super::{DefaultLead, DisplayName, Email, IdentityError, Locale, Password, ProfileChange, QuietChange, Rhythm};
use crate::{alarms::QuietHours, calendar::progress::WeekStart, planning::Waking};

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

/// What somebody sends to change their account; what is not sent stays.
#[derive(Clone, Copy, Debug, Default)]
pub struct ProfileRequest<'a> {
    /// What others call them.
    pub display_name: Option<&'a str>,
    /// Where new schedules are placed.
    pub time_zone: Option<&'a str>,
    /// The language of what is sent to them.
    pub locale: Option<&'a str>,
    /// The lead of a reminder nobody specified.
    pub default_reminder_lead: Option<&'a str>,
    /// How much they mean to work on each day.
    pub daily_goal_seconds: Option<i64>,
    /// The first day of their week.
    pub week_start: Option<&'a str>,
    /// When they do not want to be told.
    pub quiet_hours: QuietRequest<'a>,
    /// When they get up.
    pub wake_at: Option<&'a str>,
    /// When they go to sleep.
    pub sleep_at: Option<&'a str>,
}

/// What is asked of the quiet hours.
#[derive(Clone, Copy, Debug, Default)]
pub enum QuietRequest<'a> {
    /// Nothing: they stay.
    #[default]
    Unsaid,
    /// It shall never be quiet.
    Never,
    /// From when to when, and on which days they begin if not on each.
    Given(&'a str, &'a str, Option<&'a [String]>),
}

impl ProfileRequest<'_> {
    /// Reads what was sent; says everything that is wrong with it.
    pub fn parse(self) -> Result<ProfileChange, IdentityError> {
        let mut wrong = Vec::new();
        let change = ProfileChange {
            display_name: self.display_name.and_then(|text| read("/display_name", text, &mut wrong)),
            time_zone: self.time_zone.and_then(|text| read("/time_zone", text, &mut wrong)),
            locale: self.locale.and_then(|tag| negotiate(tag, &mut wrong)),
            default_lead: self.default_reminder_lead.and_then(|text| lead(text, &mut wrong)),
            daily_goal_seconds: self.daily_goal_seconds.and_then(|seconds| goal(seconds, &mut wrong)),
            week_start: self.week_start.and_then(|word| first_day(word, &mut wrong)),
            quiet_hours: quiet(self.quiet_hours, &mut wrong),
            wake_at: self.wake_at.and_then(|text| time_of_day("/wake_at", text, &mut wrong)),
            sleep_at: self.sleep_at.and_then(|text| time_of_day("/sleep_at", text, &mut wrong)),
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

fn goal(seconds: i64, wrong: &mut Vec<FieldError>) -> Option<u32> {
    let goal = u32::try_from(seconds).ok().filter(|seconds| *seconds <= Rhythm::MAX_GOAL_SECONDS);
    if goal.is_none() {
        wrong.push(FieldError::new("/daily_goal_seconds", "0 for no goal, or at most 86400"));
    }
    goal
}

fn time_of_day(pointer: &str, text: &str, wrong: &mut Vec<FieldError>) -> Option<String> {
    let fits = Waking::default().with(Some(text), None).is_some();
    if !fits {
        wrong.push(FieldError::new(pointer, "write hours and minutes, as in 07:00"));
    }
    fits.then(|| text.to_owned())
}

fn first_day(word: &str, wrong: &mut Vec<FieldError>) -> Option<WeekStart> {
    let day = word.parse().ok();
    if day.is_none() {
        wrong.push(FieldError::new("/week_start", "write monday, sunday or saturday"));
    }
    day
}

fn quiet(asked: QuietRequest<'_>, wrong: &mut Vec<FieldError>) -> QuietChange {
    match asked {
        QuietRequest::Unsaid => QuietChange::Keep,
        QuietRequest::Never => QuietChange::Never,
        QuietRequest::Given(start, end, days) => QuietHours::parse(start, end, days).map_or_else(
            |more| {
                wrong.extend(more);
                QuietChange::Keep
            },
            QuietChange::During,
        ),
    }
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
        let request = ProfileRequest {
            display_name: Some("\n"),
            time_zone: Some("KST"),
            locale: Some("k"),
            default_reminder_lead: Some("30 minutes"),
            daily_goal_seconds: Some(86_401),
            week_start: Some("Monday"),
            quiet_hours: QuietRequest::Given("22:00", "22:00", None),
            wake_at: Some("7"),
            sleep_at: Some("24:00"),
        };
        let mut fields = vec!["/display_name", "/time_zone", "/locale", "/default_reminder_lead", "/daily_goal_seconds"];
        fields.extend(["/week_start", "/quiet_hours/end", "/wake_at", "/sleep_at"]);
        assert_eq!(pointers(request.parse()), fields);
        let lead = ProfileRequest { default_reminder_lead: Some("P5W"), ..ProfileRequest::default() };
        assert_eq!(pointers(lead.parse()), ["/default_reminder_lead"]);
        let goal = ProfileRequest { daily_goal_seconds: Some(-1), ..ProfileRequest::default() };
        assert_eq!(pointers(goal.parse()), ["/daily_goal_seconds"]);
    }

    #[test]
    fn what_is_not_sent_stays() {
        assert_eq!(ProfileRequest::default().parse(), Ok(ProfileChange::default()));
        let request = ProfileRequest { default_reminder_lead: Some("PT0S"), ..ProfileRequest::default() };
        assert_eq!(request.parse().expect("change").default_lead.map(DefaultLead::as_seconds), Some(0));
    }
}
