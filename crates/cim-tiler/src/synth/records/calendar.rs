//! The work calendar that time limits are counted by: 08:30 to 17:30 in civil time, every day for work hours, Monday
//! to Friday for work days.

use cim_model::Timestamp;

const DAY_S: i64 = 86_400;
const OPEN_S: i64 = 8 * 3600 + 1800;
const CLOSE_S: i64 = 17 * 3600 + 1800;
/// Seconds of work in a day.
pub(super) const WORK_S: i64 = CLOSE_S - OPEN_S;
const OFFSET_S: i64 = 8 * 3600;

/// A time limit of a class of cases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Limit {
    /// Hours round the clock (紧急工作时).
    Urgent(i64),
    /// Hours of work (工作时).
    Hours(i64),
    /// Days of work (工作日).
    Days(i64),
}

impl Limit {
    /// The end of this share of the limit, counted from `from`.
    pub(super) fn after(self, from: Timestamp, share: f64) -> Timestamp {
        match self {
            Self::Urgent(hours) => from.plus_secs((hours as f64 * 3600.0 * share) as i64),
            Self::Hours(hours) => work(from, (hours as f64 * 3600.0 * share) as i64, false),
            Self::Days(days) => work(from, (days as f64 * WORK_S as f64 * share) as i64, true),
        }
    }
}

/// Day of the civil calendar and second of that day.
fn civil(t: Timestamp) -> (i64, i64) {
    let secs = t.0.div_euclid(1000) + OFFSET_S;
    (secs.div_euclid(DAY_S), secs.rem_euclid(DAY_S))
}

fn instant(day: i64, second: i64) -> Timestamp {
    Timestamp((day * DAY_S + second - OFFSET_S) * 1000)
}

/// Year, month and day of an instant, as in `20261101` (Howard Hinnant's `civil_from_days`).
pub(super) fn date(t: Timestamp) -> i64 {
    let z = civil(t).0 + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let (day, month) = (doy - (153 * mp + 2) / 5 + 1, if mp < 10 { mp + 3 } else { mp - 9 });
    let year = yoe + era * 400 + i64::from(month <= 2);
    year * 10_000 + month * 100 + day
}

/// The instant when `secs` of work have passed since `from`.
pub(super) fn work(from: Timestamp, secs: i64, weekdays: bool) -> Timestamp {
    let (mut day, second) = civil(from);
    let free = |day: i64| weekdays && matches!((day + 4).rem_euclid(7), 0 | 6);
    // Work done on the first day before `from` counts as still to be skipped.
    let mut at = second.max(OPEN_S);
    let mut left = secs.max(0);
    while free(day) || at >= CLOSE_S {
        (day, at) = (day + 1, OPEN_S);
    }
    while left > CLOSE_S - at {
        left -= CLOSE_S - at;
        (day, at) = (day + 1, OPEN_S);
        while free(day) {
            day += 1;
        }
    }
    instant(day, at + left)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn t(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    #[test]
    fn hours_of_work_stop_at_night_and_days_of_work_at_weekends() {
        // 2026-10-30 is a Friday.
        let friday = t("2026-10-30T16:30:00+08:00");
        assert_eq!(Limit::Hours(4).after(friday, 1.0), t("2026-10-31T11:30:00+08:00"));
        assert_eq!(Limit::Days(1).after(friday, 1.0), t("2026-11-02T16:30:00+08:00"));
        assert_eq!(Limit::Urgent(2).after(friday, 0.5), t("2026-10-30T17:30:00+08:00"));
        let night = t("2026-10-31T03:00:00+08:00");
        assert_eq!(Limit::Hours(1).after(night, 1.0), t("2026-10-31T09:30:00+08:00"));
        assert_eq!(Limit::Days(1).after(night, 1.0), t("2026-11-02T17:30:00+08:00"));
    }

    #[test]
    fn dates_are_civil() {
        assert_eq!(date(t("2026-10-31T16:00:00Z")), 20_261_101);
        assert_eq!(date(t("2024-02-29T00:00:00+08:00")), 20_240_229);
    }
}
