//! What people keep of an answer.

use app::Rendered;
use domain::calendar::{Occurrence, Schedule};
use kernel::ScheduleId;

/// What the answer to a change says.
#[derive(Clone, Debug)]
pub(super) struct Receipt {
    pub(super) id: ScheduleId,
    pub(super) version: i64,
    pub(super) reminders: String,
}

pub(super) fn receipt() -> app::Render<Schedule> {
    std::sync::Arc::new(written)
}

pub(super) fn changed() -> app::Render<Occurrence> {
    std::sync::Arc::new(|occurrence| written(&occurrence.schedule))
}

fn written(schedule: &Schedule) -> Rendered {
    let reminders: Vec<String> = schedule.reminders.iter().map(|reminder| reminder.id.to_string()).collect();
    rendered(format!("{} {} {}", schedule.id, schedule.version, reminders.join(",")))
}

pub(super) fn read_receipt(rendered: &Rendered) -> Option<Receipt> {
    let mut words = std::str::from_utf8(&rendered.body).ok()?.splitn(3, ' ');
    let (id, version, reminders) = (words.next()?, words.next()?, words.next()?);
    Some(Receipt { id: id.parse().ok()?, version: version.parse().ok()?, reminders: reminders.to_owned() })
}

pub(in crate::simulator) fn nothing<T>() -> app::Render<T> {
    std::sync::Arc::new(|_| rendered(String::new()))
}

fn rendered(body: String) -> Rendered {
    Rendered { status: 200, headers: Vec::new(), body: body.into_bytes() }
}
