//! An account: whose it is and how it is set up.

use std::{fmt, str::FromStr};

use kernel::{Instant, UserId, Zone};
use unicode_normalization::UnicodeNormalization as _;

use super::Role;
use crate::{
    alarms::QuietHours,
    calendar::progress::WeekStart,
    planning::Waking,
    text::{breaks, is_invisible, turns},
};

/// The most bytes an e-mail address may have (RFC 5321 §4.5.3.1.3, without the angle brackets).
const EMAIL_MAX_BYTES: usize = 254;

/// The most characters of a display name.
const NAME_MAX_CHARS: usize = 80;

/// Why a text is not an e-mail address this product keeps.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an e-mail address: write name@example.org, at most 254 bytes")]
pub struct EmailError;

/// An e-mail address, as it names an account: trimmed, in Unicode NFC, with an ASCII-lower-case
/// domain.
///
/// The part before the `@` is kept as written (RFC 5321 §2.4: only its own host may interpret it), but two addresses that
/// differ in ASCII case only are the same account: [`Email::key`] is what is unique.
#[derive(Clone, PartialEq, Eq)]
pub struct Email(String);

impl Email {
    /// As written in messages and shown to its owner.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What two spellings of one account have in common.
    pub fn key(&self) -> String {
        self.0.to_ascii_lowercase()
    }

    /// One that was checked when it was kept, by the rules of that time.
    pub const fn kept(text: String) -> Self {
        Self(text)
    }

    /// As an address that may be that of an account: whether it could be one of a new account is not asked, as rules grow stricter.
    pub fn named(text: &str) -> Result<Self, EmailError> {
        Self::read(text, |c| !c.is_control())
    }

    fn read(text: &str, may_stand: fn(char) -> bool) -> Result<Self, EmailError> {
        let text: String = text.trim().nfc().collect();
        let (local, domain) = text.split_once('@').ok_or(EmailError)?;
        let plain = |part: &str| !part.is_empty() && part.chars().all(|c| c != '@' && may_stand(c));
        // A domain has no empty label; whether it exists is for the first message to find out.
        let labels = domain.split('.').all(|label| !label.is_empty() && label.len() <= 63);
        if text.len() > EMAIL_MAX_BYTES || !plain(local) || !plain(domain) || !labels || local.len() > 64 {
            return Err(EmailError);
        }
        Ok(Self(format!("{local}@{}", domain.to_ascii_lowercase())))
    }

    /// The part before the `@`.
    pub fn local_part(&self) -> &str {
        self.0.split('@').next().unwrap_or_default()
    }
}

impl FromStr for Email {
    type Err = EmailError;

    fn from_str(text: &str) -> Result<Self, EmailError> {
        Self::read(text, |c| !is_invisible(c))
    }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Personal data: what is only debugged shows no address.
impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Email(…)")
    }
}

/// Why a text is not a display name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a display name: 1 to 80 characters without line breaks or control characters")]
pub struct NameError;

/// What others call somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DisplayName(String);

impl DisplayName {
    /// One that was checked when it was kept, by the rules of that time.
    pub const fn kept(text: String) -> Self {
        Self(text)
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for DisplayName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let text = text.trim();
        let length = text.chars().count();
        let seen = text.chars().any(|c| !is_invisible(c));
        if (1..=NAME_MAX_CHARS).contains(&length) && seen && !text.contains(reorders) {
            Ok(Self(text.to_owned()))
        } else {
            Err(NameError)
        }
    }
}

/// Controls, and characters that change the direction of what follows. Zero-width joiners stay: names in several scripts and
/// emoji are spelled with them.
fn reorders(c: char) -> bool {
    breaks(c) || turns(c)
}

/// The languages the product speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Locale {
    /// English.
    #[default]
    En,
    /// Korean.
    Ko,
}

impl Locale {
    /// The nearest language to a BCP 47 tag: `ko-KR` is Korean, what nobody here speaks is English.
    /// `None` if the text is no language tag at all.
    pub fn negotiate(tag: &str) -> Option<Self> {
        let mut parts = tag.split(['-', '_']);
        let language = parts.next().unwrap_or_default();
        let shaped = |part: &str| (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric());
        let is_tag = (2..=8).contains(&language.len()) && language.bytes().all(|b| b.is_ascii_alphabetic()) && parts.all(shaped);
        (is_tag && tag.len() <= 35).then(|| if language.eq_ignore_ascii_case("ko") { Self::Ko } else { Self::En })
    }

    /// The BCP 47 tag.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Ko => "ko",
        }
    }
}

/// The text names no language of the product.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown locale")]
pub struct UnknownLocale;

impl FromStr for Locale {
    type Err = UnknownLocale;

    fn from_str(text: &str) -> Result<Self, UnknownLocale> {
        [Self::En, Self::Ko].into_iter().find(|locale| locale.as_str() == text).ok_or(UnknownLocale)
    }
}

/// How long before its start a schedule rings when nothing else was said, in whole seconds: 0 seconds to 4 weeks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DefaultLead(u32);

impl DefaultLead {
    /// Half an hour, unless changed.
    pub const USUAL: Self = Self(30 * 60);

    /// Four weeks.
    pub const MAX_SECONDS: u32 = 28 * 24 * 60 * 60;

    /// From seconds; `None` above four weeks.
    pub const fn from_seconds(seconds: u32) -> Option<Self> {
        if seconds <= Self::MAX_SECONDS { Some(Self(seconds)) } else { None }
    }

    /// In seconds.
    pub const fn as_seconds(self) -> u32 {
        self.0
    }
}

/// How somebody divides their time: what statistics, plans and reminders go by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rhythm {
    /// How much they mean to work on each day, in seconds; 0 is no goal.
    pub daily_goal_seconds: u32,
    /// The first day of their week.
    pub week_start: WeekStart,
    /// When they do not want to be told, in their zone.
    pub quiet_hours: Option<QuietHours>,
    /// When they are up, in their zone.
    pub waking: Waking,
}

impl Rhythm {
    /// A day.
    pub const MAX_GOAL_SECONDS: u32 = 24 * 60 * 60;
}

/// An account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Its id.
    pub id: UserId,
    /// The address it signs in with.
    pub email: Email,
    /// What others call its owner.
    pub display_name: DisplayName,
    /// What it may do.
    pub role: Role,
    /// Where new schedules are placed. Those that exist keep their own zone when this changes.
    pub time_zone: Zone,
    /// The language of what is sent to its owner.
    pub locale: Locale,
    /// The lead of a reminder nobody specified.
    pub default_lead: DefaultLead,
    /// How its owner divides the time.
    pub rhythm: Rhythm,
    /// Grows with every change: the ETag.
    pub version: i64,
    /// When it was made.
    pub created_at: Instant,
    /// When its profile last changed.
    pub updated_at: Instant,
}

/// What somebody wants to change about their own account. The e-mail address is not among it: it needs a proof of its own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProfileChange {
    /// A new name.
    pub display_name: Option<DisplayName>,
    /// A new zone.
    pub time_zone: Option<Zone>,
    /// A new language.
    pub locale: Option<Locale>,
    /// A new lead.
    pub default_lead: Option<DefaultLead>,
    /// A new goal, in seconds: at most [`Rhythm::MAX_GOAL_SECONDS`].
    pub daily_goal_seconds: Option<u32>,
    /// A new first day of the week.
    pub week_start: Option<WeekStart>,
    /// Other quiet hours.
    pub quiet_hours: QuietChange,
    /// When they get up from now on; a time of day such as `07:00`.
    pub wake_at: Option<String>,
    /// When they go to sleep from now on.
    pub sleep_at: Option<String>,
}

/// What a change says of the quiet hours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum QuietChange {
    /// They stay.
    #[default]
    Keep,
    /// It is never quiet any more.
    Never,
    /// These from now on.
    During(QuietHours),
}

impl ProfileChange {
    /// Applies the change to `user`; `false` if nothing is different afterwards.
    pub fn apply(&self, user: &mut User, now: Instant) -> bool {
        let before = user.clone();
        if let Some(name) = &self.display_name {
            user.display_name = name.clone();
        }
        if let Some(zone) = &self.time_zone {
            user.time_zone = zone.clone();
        }
        user.locale = self.locale.unwrap_or(user.locale);
        user.default_lead = self.default_lead.unwrap_or(user.default_lead);
        user.rhythm = Rhythm {
            daily_goal_seconds: self.daily_goal_seconds.unwrap_or(user.rhythm.daily_goal_seconds),
            week_start: self.week_start.unwrap_or(user.rhythm.week_start),
            quiet_hours: match self.quiet_hours {
                QuietChange::Keep => user.rhythm.quiet_hours,
                QuietChange::Never => None,
                QuietChange::During(hours) => Some(hours),
            },
            waking: user.rhythm.waking.with(self.wake_at.as_deref(), self.sleep_at.as_deref()).unwrap_or(user.rhythm.waking),
        };
        let changed = *user != before;
        if changed {
            user.version += 1;
            user.updated_at = now;
        }
        changed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_keeps_its_local_part_and_lowers_its_domain() {
        let email: Email = "  Kim.Lee+cal@Example.ORG ".parse().expect("address");
        assert_eq!(email.as_str(), "Kim.Lee+cal@example.org");
        assert_eq!(email.key(), "kim.lee+cal@example.org");
        assert!("김@예시.한국".parse::<Email>().is_ok(), "RFC 6531 addresses are addresses");
        assert_eq!(format!("{email:?}"), "Email(…)");
    }

    #[test]
    fn what_is_no_address_is_refused() {
        let long_local = format!("{}@example.org", "a".repeat(65));
        let long = format!("a@{}org", "abcdefghi.".repeat(26));
        for text in [
            "",
            "@",
            "a@",
            "@b.c",
            "a@b@c",
            "a b@c.d",
            "a\n@b.c",
            "a@b\u{0}.c",
            "a@b..c",
            "a@.b",
            "a\u{200b}@b.c",
            "a\u{3164}@b.c",
            "a@b\u{fff9}.c",
            &long_local,
            &long,
        ] {
            assert_eq!(text.parse::<Email>(), Err(EmailError), "{text:?}");
        }
        let before = "a\u{200b}@B.c";
        assert_eq!(Email::named(before), Ok(Email::kept("a\u{200b}@b.c".to_owned())), "of an account that there may be");
        assert_eq!(Email::named("a\0@b.c"), Err(EmailError));
    }

    #[test]
    fn a_name_is_one_visible_line() {
        for good in ["Kim", "  김철수  ", "👩‍👩‍👧‍👦", &"x".repeat(80)] {
            assert!(good.parse::<DisplayName>().is_ok(), "{good:?}");
        }
        for bad in
            ["", "   ", "a\nb", "a\u{0}", "\u{200b}\u{200b}", "\u{3164}", "\u{2800}\u{fff9}", "a\u{202e}b", &"x".repeat(81)]
        {
            assert_eq!(bad.parse::<DisplayName>(), Err(NameError), "{bad:?}");
        }
    }

    #[test]
    fn a_language_tag_finds_the_nearest_language() {
        let table =
            [("ko", Locale::Ko), ("KO-kr", Locale::Ko), ("en-GB", Locale::En), ("fr", Locale::En), ("zh-Hant-TW", Locale::En)];
        for (tag, locale) in table {
            assert_eq!(Locale::negotiate(tag), Some(locale), "{tag}");
        }
        for bad in ["", "k", "한국어", "ko-", "../..", "abcdefghi", "en en"] {
            assert_eq!(Locale::negotiate(bad), None, "{bad:?}");
        }
    }
}
