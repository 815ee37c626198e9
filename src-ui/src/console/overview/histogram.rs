//! Room temperatures by whole degree, the gaps between them included, so that distance is true.

use huce_core::ipc::console::OverviewReply;

use super::super::figures::grouped;
use crate::{form::text, i18n::*, parts::Histogram, prelude::*};

/// Beyond these a reading is a slip of the finger; it still counts as measured.
const PLAUSIBLE: std::ops::Range<i32> = -5..41;

/// Every degree from the coldest to the warmest.
pub fn degrees(counts: &[(i32, u32)]) -> Vec<(i32, u32)> {
    let known = || counts.iter().filter(|(degree, count)| *count > 0 && PLAUSIBLE.contains(degree)).map(|c| c.0);
    let (Some(low), Some(high)) = (known().min(), known().max()) else { return Vec::new() };
    (low..=high).map(|degree| (degree, counts.iter().filter(|c| c.0 == degree).map(|c| c.1).sum())).collect()
}

/// The temperatures.
#[component]
pub fn Temperatures(
    /// The figures.
    answer: Memo<OverviewReply>,
) -> impl IntoView {
    let i18n = use_i18n();
    let shown = Memo::new(move |_| answer.with(|a| degrees(&a.temperatures)));
    view! {
        <section class="c-card temperatures">
            <header class="c-card-head">
                <h2>{t!(i18n, console.temperatures)}</h2>
                <span class="c-muted">{move || text!(i18n, console.measured_n, n = grouped(answer.with(|a| a.measured).into()))}</span>
            </header>
            {move || match shown.get() {
                bars if bars.is_empty() => view! { <p class="c-nothing">{t_string!(i18n, console.no_temperatures)}</p> }.into_any(),
                bars => view! { <Histogram bars label=t_string!(i18n, console.temperatures)/> }.into_any(),
            }}
        </section>
    }
}

#[cfg(test)]
mod tests {
    use super::degrees;

    #[test]
    fn gaps_keep_their_place_and_nonsense_makes_no_thousand_bars() {
        assert_eq!(degrees(&[(15, 2), (18, 4), (900, 1)]), [(15, 2), (16, 0), (17, 0), (18, 4)]);
        assert!(degrees(&[]).is_empty());
    }
}
