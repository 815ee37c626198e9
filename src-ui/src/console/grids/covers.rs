//! The addresses of a grid as people type them: a line an estate, `金穗花园 1、2、3`, with entrances behind a slash,
//! `金穗花园 3 / 1、2`. The server brings them into normal form.

use huce_core::grid::Covers;

/// What is typed; lines without an estate are left out.
pub fn covers_of(text: &str) -> Vec<Covers> {
    let list = |text: &str| -> Vec<String> {
        let parts = text.split(['、', ',', '，', ' ', '\u{3000}']).map(str::trim);
        parts.filter(|part| !part.is_empty()).map(str::to_owned).collect()
    };
    let line = |line: &str| {
        let line = line.trim();
        let (estate, rest) = line.split_once([' ', '\u{3000}', '\t']).unwrap_or((line, ""));
        let (buildings, entrances) = rest.split_once(['/', '／']).unwrap_or((rest, ""));
        let covers = Covers { estate: estate.to_owned(), buildings: list(buildings), entrances: list(entrances) };
        (!estate.is_empty()).then_some(covers)
    };
    text.lines().filter_map(line).collect()
}

/// The same to be changed.
pub fn covers_text(covers: &[Covers]) -> String {
    let line = |covers: &Covers| {
        let mut line = covers.estate.clone();
        if !(covers.buildings.is_empty() && covers.entrances.is_empty()) {
            line = format!("{line} {}", covers.buildings.join("、"));
        }
        if !covers.entrances.is_empty() {
            line = format!("{line} / {}", covers.entrances.join("、"));
        }
        line
    };
    covers.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_comes_back_as_it_was() {
        let text = "金穗花园 1、2、3\n嵩岳里\n锅炉厂家属院 3 / 1、2";
        let covers = covers_of(text);
        assert_eq!(covers.len(), 3);
        assert_eq!(covers_text(&covers), text);
        assert_eq!(covers_of(" \n金穗花园  1，2 3\n"), covers_of("金穗花园 1、2、3"));
    }
}
