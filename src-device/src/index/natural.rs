//! The order in which people count: 2 before 10, 商1 after numbers.

use std::cmp::Ordering;

/// Compares texts with the numbers in them as numbers.
pub fn compare(a: &str, b: &str) -> Ordering {
    let (mut x, mut y) = (a, b);
    loop {
        let (number_x, number_y) = (digits(x), digits(y));
        let order = match (number_x.is_empty(), number_y.is_empty()) {
            (false, false) => {
                let plain = |n: &str| n.trim_start_matches('0').to_owned();
                let (n, m) = (plain(number_x), plain(number_y));
                n.len().cmp(&m.len()).then_with(|| n.cmp(&m))
            }
            _ => match (x.chars().next(), y.chars().next()) {
                (Some(c), Some(d)) => c.cmp(&d),
                (c, d) => return c.is_some().cmp(&d.is_some()).then_with(|| a.cmp(b)),
            },
        };
        if order != Ordering::Equal {
            return order;
        }
        let step = |text: &str, number: &str| {
            if number.is_empty() { text.chars().next().map_or(0, char::len_utf8) } else { number.len() }
        };
        let (dx, dy) = if number_x.is_empty() || number_y.is_empty() {
            (step(x, ""), step(y, ""))
        } else {
            (step(x, number_x), step(y, number_y))
        };
        x = x.get(dx..).unwrap_or_default();
        y = y.get(dy..).unwrap_or_default();
    }
}

fn digits(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    text.get(..end).unwrap_or_default()
}
