//! The weather of a season in Zhengzhou: a mean for each day, around what the month usually has. Tenths of a degree, whole
//! numbers, so that every machine makes the same season.

use chrono::{Datelike, Days, NaiveDate};

use crate::dice::Dice;

/// Usual means of October to March, in tenths of a degree.
const USUAL: [(u32, i32); 6] = [(10, 160), (11, 90), (12, 30), (1, 10), (2, 40), (3, 95)];

/// The means of a season's days.
#[derive(Debug)]
pub struct Weather {
    first: NaiveDate,
    tenths: Vec<i32>,
}

impl Weather {
    /// The weather of these days.
    pub fn new(first: NaiveDate, days: u64, dice: &mut Dice) -> Self {
        let mut off = 0;
        let dates = (0..days).filter_map(|n| first.checked_add_days(Days::new(n)));
        let tenths = dates.map(|day| {
            // A cold spell stays some days.
            off = off * 3 / 4 + dice.between(-25, 26) as i32;
            usual(day) + off
        });
        let tenths = tenths.collect();
        Self { first, tenths }
    }

    /// The mean outdoors on a day.
    pub fn outdoor(&self, day: NaiveDate) -> i32 {
        let n = usize::try_from((day - self.first).num_days()).unwrap_or_default();
        self.tenths.get(n).or(self.tenths.last()).copied().unwrap_or_default()
    }
}

/// Between the middles of two months the mean goes straight from one to the other.
fn usual(day: NaiveDate) -> i32 {
    let of = |month: u32| USUAL.iter().find(|(of, _)| *of == month).map_or(150, |(_, tenths)| *tenths);
    let (month, from_middle) = (day.month(), day.day() as i32 - 15);
    let other = match (from_middle < 0, month) {
        (true, 1) => 12,
        (true, month) => month - 1,
        (false, 12) => 1,
        (false, month) => month + 1,
    };
    of(month) + (of(other) - of(month)) * from_middle.abs() / 30
}

/// Is it heated? In Zhengzhou from 15 November to 15 March.
pub fn is_heated(day: NaiveDate) -> bool {
    match day.month() {
        11 => day.day() >= 15,
        12 | 1 | 2 => true,
        3 => day.day() <= 15,
        _ => false,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn it_gets_cold_and_warm_again_and_a_seed_gives_the_same_days() {
        let first = NaiveDate::from_ymd_opt(2025, 10, 15).unwrap();
        let weather = Weather::new(first, 152, &mut Dice::new(1));
        let mean = |month: u32| {
            let of_month = (0..152).map(|n| first + Days::new(n)).filter(|day| day.month() == month);
            let all: Vec<i32> = of_month.map(|day| weather.outdoor(day)).collect();
            all.iter().sum::<i32>() / all.len() as i32
        };
        assert!(mean(10) > mean(12) && mean(12) > mean(1) - 30 && mean(1) < mean(3), "{weather:?}");
        assert_eq!(weather.tenths, Weather::new(first, 152, &mut Dice::new(1)).tenths);
        let day = |m, d| NaiveDate::from_ymd_opt(2026, m, d).unwrap();
        assert_eq!([day(3, 15), day(3, 16), day(11, 14), day(11, 15)].map(is_heated), [true, false, false, true]);
    }
}
