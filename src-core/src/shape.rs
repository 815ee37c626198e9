//! Polygons of grids: which holds a place, what lies in two or in none, how a line cuts one in two.
//!
//! A shape is its rings, each a list of [longitude, latitude] in WGS-84 degrees, read by the even-odd rule: a ring within
//! a ring is a hole, a ring beside it another part. So a GeoJSON Polygon and a MultiPolygon are the same list of rings.
//! Degrees are taken as a plane; a grid is some hundred metres wide. Areas are on the sphere.

use std::collections::BTreeMap;

use geo::{
    Area, BooleanOps, BoundingRect, ChamberlainDuquetteArea, Coord, CoordinatePosition, Intersects, LineString,
    MultiPolygon, Polygon, Rect, coordinate_position::CoordPos,
};
use serde::{Deserialize, Serialize};

use crate::{datum::Place, grid::Grid, ids::GridId};

/// Rings of [longitude, latitude].
pub type Rings = Vec<Vec<[f64; 2]>>;

/// What is smaller than this is how precisely people draw, no gap and no overlap: half a stairwell.
pub const LEAST_M2: f64 = 50.0;
/// The most points of a shape: an event with more would be too large.
pub const MAX_POINTS: usize = 2_000;
/// Degrees are kept with so many digits: about a tenth of a metre.
const DIGITS: f64 = 1e6;

/// Why rings are no shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ShapeFault {
    /// There is no ring.
    Empty,
    /// A ring has fewer than three corners.
    TooFewCorners,
    /// A corner is nowhere on earth; perhaps metres, or latitude before longitude.
    NotDegrees,
    /// Nothing lies within.
    NoArea,
    /// More than [`MAX_POINTS`].
    TooDetailed,
}

/// Rounds the degrees, drops repeated corners and closes the rings; says why when they are no shape.
///
/// # Errors
/// See [`ShapeFault`].
pub fn tidy(rings: &[Vec<[f64; 2]>]) -> Result<Rings, ShapeFault> {
    let mut tidied = Rings::new();
    for ring in rings {
        let on_earth = |[lon, lat]: &[f64; 2]| (-180.0..=180.0).contains(lon) && (-90.0..=90.0).contains(lat);
        if !ring.iter().all(on_earth) {
            return Err(ShapeFault::NotDegrees);
        }
        let mut corners: Vec<[f64; 2]> = ring.iter().map(|p| p.map(|v| (v * DIGITS).round() / DIGITS)).collect();
        corners.dedup();
        if corners.first() == corners.last() {
            corners.pop();
        }
        if corners.len() < 3 {
            return Err(ShapeFault::TooFewCorners);
        }
        corners.extend(corners.first().copied());
        tidied.push(corners);
    }
    if tidied.is_empty() {
        return Err(ShapeFault::Empty);
    }
    if tidied.iter().map(Vec::len).sum::<usize>() > MAX_POINTS {
        return Err(ShapeFault::TooDetailed);
    }
    if shape(&tidied).unsigned_area() <= 0.0 { Err(ShapeFault::NoArea) } else { Ok(tidied) }
}

/// Square metres.
pub fn area_m2(rings: &[Vec<[f64; 2]>]) -> f64 {
    // The even-odd rule becomes polygons with holes.
    all_m2(&plain(&shape(rings)))
}

fn all_m2(shape: &MultiPolygon) -> f64 {
    shape.iter().map(piece_m2).sum()
}

/// `geo` adds up signed rings, so that a hole which turns the other way would count twice: rings are taken one by one.
fn piece_m2(piece: &Polygon) -> f64 {
    let ring_m2 = |ring: &LineString| Polygon::new(ring.clone(), Vec::new()).chamberlain_duquette_unsigned_area();
    ring_m2(piece.exterior()) - piece.interiors().iter().map(ring_m2).sum::<f64>()
}

/// Is this place within, or on the edge?
pub fn holds(rings: &[Vec<[f64; 2]>], (latitude, longitude): Place) -> bool {
    let at = Coord { x: longitude, y: latitude };
    let mut inside = false;
    for ring in rings {
        match polygon(ring).coordinate_position(&at) {
            CoordPos::OnBoundary => return true,
            CoordPos::Inside => inside = !inside,
            CoordPos::Outside => {}
        }
    }
    inside
}

/// The deepest grid that holds this place: of a street, a crew's and an inspector's grid, the inspector's. Where two of
/// one depth overlap, the smaller one, since that is how a grid within a grid is drawn. Grids that were merged away hold
/// nothing.
pub fn grid_at<'a>(grids: impl IntoIterator<Item = &'a Grid>, place: Place) -> Option<&'a Grid> {
    let holding = grids.into_iter().filter(|grid| grid.is_open() && holds(&grid.polygon, place));
    let depth = |grid: &&Grid| (std::cmp::Reverse(grid.level), area_m2(&grid.polygon));
    holding.min_by(|a, b| {
        let (x, y) = (depth(a), depth(b));
        x.0.cmp(&y.0).then(x.1.total_cmp(&y.1)).then_with(|| a.id.cmp(&b.id))
    })
}

/// What is wrong between grids.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FlawKind {
    /// Two grids of one parent share ground.
    Overlap,
    /// Ground of a grid is in none of those below it.
    Gap,
    /// A grid reaches beyond the one above it.
    Beyond,
}

/// A gap or an overlap.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Flaw {
    /// What.
    pub kind: FlawKind,
    /// Overlap: the two. Gap: the grid above. Beyond: the grid and the one above it.
    pub grids: Vec<GridId>,
    /// How much.
    pub area_m2: f64,
    /// Where.
    pub rings: Rings,
}

/// Gaps and overlaps between grids, the largest first. Grids without a polygon, and those that were merged away, have none.
pub fn flaws(grids: &[Grid]) -> Vec<Flaw> {
    let drawn: BTreeMap<&GridId, MultiPolygon> = grids
        .iter()
        .filter(|grid| grid.is_open() && !grid.polygon.is_empty())
        .map(|grid| (&grid.id, plain(&shape(&grid.polygon))))
        .collect();
    let mut below: BTreeMap<Option<&GridId>, Vec<(&GridId, &MultiPolygon)>> = BTreeMap::new();
    for grid in grids {
        if let Some(shape) = drawn.get(&grid.id) {
            below.entry(grid.parent.as_ref()).or_default().push((&grid.id, shape));
        }
    }
    let mut flaws = Vec::new();
    for (parent, children) in &below {
        for (at, (id, one)) in children.iter().enumerate() {
            for (other_id, other) in children.iter().skip(at + 1).filter(|(_, other)| meet(one, other)) {
                note(&mut flaws, FlawKind::Overlap, &[*id, *other_id], &one.intersection(*other));
            }
        }
        let Some((parent, ground)) = parent.and_then(|id| drawn.get_key_value(id)) else { continue };
        let mut covered = MultiPolygon::new(Vec::new());
        for (id, child) in children {
            note(&mut flaws, FlawKind::Beyond, &[*id, *parent], &child.difference(ground));
            covered = covered.union(*child);
        }
        note(&mut flaws, FlawKind::Gap, &[*parent], &ground.difference(&covered));
    }
    flaws.sort_by(|a, b| b.area_m2.total_cmp(&a.area_m2).then_with(|| (a.kind, &a.grids).cmp(&(b.kind, &b.grids))));
    flaws
}

/// Each piece that is large enough to matter.
fn note(flaws: &mut Vec<Flaw>, kind: FlawKind, grids: &[&GridId], pieces: &MultiPolygon) {
    for piece in pieces {
        let area_m2 = piece_m2(piece);
        if area_m2 >= LEAST_M2 {
            let grids = grids.iter().map(|id| (*id).clone()).collect();
            flaws.push(Flaw { kind, grids, area_m2: area_m2.round(), rings: rings_of(piece) });
        }
    }
}

/// Do their bounds meet? Spares most pairs the work.
fn meet(a: &MultiPolygon, b: &MultiPolygon) -> bool {
    let bounds = |shape: &MultiPolygon| shape.bounding_rect();
    bounds(a).zip(bounds(b)).is_some_and(|(a, b): (Rect, Rect)| a.intersects(&b))
}

/// Cuts a shape along a line of two or more points that crosses it: what lies on the left of the line as it is drawn, and
/// on the right. None when all of it lies on one side.
pub fn cut(rings: &[Vec<[f64; 2]>], line: &[[f64; 2]]) -> Option<(Rings, Rings)> {
    let whole = plain(&shape(rings));
    let bounds = whole.bounding_rect()?;
    let left = left_of(line, bounds)?;
    let (on_left, on_right) = (whole.intersection(&left), whole.difference(&left));
    let enough = |part: &MultiPolygon| all_m2(part) >= LEAST_M2;
    (enough(&on_left) && enough(&on_right)).then(|| (all_rings(&on_left), all_rings(&on_right)))
}

/// Everything on the left of a line within some circle around `bounds`: the line, lengthened at both ends, and the
/// circle's arc from its end to its beginning.
fn left_of(line: &[[f64; 2]], bounds: Rect) -> Option<MultiPolygon> {
    let center = bounds.center();
    let far = 4.0 * (bounds.width().hypot(bounds.height()) + f64::EPSILON)
        + line.iter().map(|[x, y]| (x - center.x).hypot(y - center.y)).fold(0.0, f64::max);
    let lengthened = |from: [f64; 2], to: [f64; 2]| {
        let (x, y) = (to[0] - from[0], to[1] - from[1]);
        let length = x.hypot(y);
        (length > 0.0).then(|| Coord { x: to[0] + x / length * far, y: to[1] + y / length * far })
    };
    let (&[first, second, ..], &[.., before, last]) = (line, line) else { return None };
    let (start, end) = (lengthened(second, first)?, lengthened(before, last)?);
    let angle = |c: Coord| (c.y - center.y).atan2(c.x - center.x);
    let turn = std::f64::consts::TAU;
    let sweep = (angle(start) - angle(end)).rem_euclid(turn);
    // The circle lies beyond both ends.
    let around = 2.0 * far;
    let arc = (0..=36).map(|step| {
        let at = angle(end) + sweep * f64::from(step) / 36.0;
        Coord { x: center.x + around * at.cos(), y: center.y + around * at.sin() }
    });
    let along = line.iter().map(|[x, y]| Coord { x: *x, y: *y });
    let ring: Vec<Coord> = std::iter::once(start).chain(along).chain([end]).chain(arc).collect();
    Some(MultiPolygon::new(vec![Polygon::new(LineString::new(ring), Vec::new())]))
}

/// Several shapes as one, without the edges between them.
pub fn joined<'a>(shapes: impl IntoIterator<Item = &'a Rings>) -> Rings {
    let nothing = MultiPolygon::new(Vec::new());
    let all = shapes.into_iter().fold(nothing, |all, rings| all.union(&shape(rings)));
    all_rings(&all)
}

/// What is left of a shape without others.
pub fn without<'a>(rings: &[Vec<[f64; 2]>], others: impl IntoIterator<Item = &'a Rings>) -> Rings {
    let whole = plain(&shape(rings));
    all_rings(&others.into_iter().fold(whole, |left, other| left.difference(&shape(other))))
}

/// As even-odd rings: every ring an exterior, so that their parity says what is inside.
fn shape(rings: &[Vec<[f64; 2]>]) -> MultiPolygon {
    MultiPolygon::new(rings.iter().map(|ring| polygon(ring)).collect())
}

fn polygon(ring: &[[f64; 2]]) -> Polygon {
    Polygon::new(ring.iter().map(|[x, y]| Coord { x: *x, y: *y }).collect(), Vec::new())
}

/// As polygons with holes, none over another.
fn plain(shape: &MultiPolygon) -> MultiPolygon {
    shape.union(&MultiPolygon::new(Vec::new()))
}

fn rings_of(polygon: &Polygon) -> Rings {
    let ring = |line: &LineString| line.coords().map(|c| [c.x, c.y].map(|v| (v * DIGITS).round() / DIGITS)).collect();
    std::iter::once(polygon.exterior()).chain(polygon.interiors()).map(ring).collect()
}

fn all_rings(shape: &MultiPolygon) -> Rings {
    shape.iter().flat_map(rings_of).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;
    use crate::grid::Level;

    /// A rectangle whose sides are in thousandths of a degree from 113.6° E, 34.7° N: about 91 and 111 metres.
    fn box_of(west: f64, south: f64, east: f64, north: f64) -> Rings {
        let corner = |x: f64, y: f64| [113.6 + x / 1000.0, 34.7 + y / 1000.0];
        let corners = [(west, south), (east, south), (east, north), (west, north), (west, south)];
        vec![corners.into_iter().map(|(x, y)| corner(x, y)).collect()]
    }

    fn grid(id: &str, level: Level, parent: Option<&str>, polygon: Rings) -> Grid {
        let code = |text: &str| GridId::new(text).unwrap();
        Grid { polygon, ..Grid::new(code(id), id.to_owned(), level, parent.map(code)) }
    }

    #[test]
    fn a_hole_is_outside_and_an_edge_inside() {
        let mut rings = box_of(0.0, 0.0, 10.0, 10.0);
        rings.extend(box_of(4.0, 4.0, 6.0, 6.0));
        assert!(holds(&rings, (34.702, 113.602)));
        assert!(!holds(&rings, (34.705, 113.605)), "in the hole");
        assert!(holds(&rings, (34.7, 113.605)), "on the edge");
        assert!(!holds(&rings, (34.72, 113.605)));
        let share = area_m2(&rings) / area_m2(&box_of(0.0, 0.0, 10.0, 10.0));
        assert!((share - 0.96).abs() < 0.001, "{share}");
        let hectares = area_m2(&box_of(0.0, 0.0, 10.0, 10.0)) / 10_000.0;
        assert!((100.0..104.0).contains(&hectares), "{hectares}");
    }

    #[test]
    fn the_deepest_grid_counts() {
        let mut grids = vec![
            grid("S", Level::Street, None, box_of(0.0, 0.0, 20.0, 10.0)),
            grid("S-1", Level::Inspector, Some("S"), box_of(0.0, 0.0, 10.0, 10.0)),
            grid("S-1-a", Level::Micro, Some("S-1"), box_of(0.0, 0.0, 5.0, 10.0)),
            grid("S-1-a-1", Level::Micro, Some("S-1-a"), box_of(0.0, 0.0, 2.0, 10.0)),
        ];
        let at = |grids: &[Grid], x: f64| {
            grid_at(grids, (34.705, 113.6 + x / 1000.0)).map(|grid| grid.id.to_string()).unwrap_or_default()
        };
        assert_eq!([1.0, 4.0, 7.0, 15.0, 25.0].map(|x| at(&grids, x)), ["S-1-a-1", "S-1-a", "S-1", "S", ""]);
        grids[3].into = Some(grids[2].id.clone());
        assert_eq!(at(&grids, 1.0), "S-1-a", "a grid that was merged away holds nothing");
    }

    #[test]
    fn gaps_and_overlaps_are_found() {
        let whole = grid("S", Level::Street, None, box_of(0.0, 0.0, 20.0, 10.0));
        let left = grid("S-1", Level::Inspector, Some("S"), box_of(0.0, 0.0, 10.0, 10.0));
        let right = grid("S-2", Level::Inspector, Some("S"), box_of(10.0, 0.0, 20.0, 10.0));
        assert_eq!(flaws(&[whole.clone(), left.clone(), right]), []);
        let short = grid("S-2", Level::Inspector, Some("S"), box_of(9.0, 0.0, 18.0, 11.0));
        let found = flaws(&[whole, left, short]);
        let kinds: Vec<_> = found.iter().map(|f| (f.kind, f.grids.len())).collect();
        assert_eq!(kinds, [(FlawKind::Gap, 1), (FlawKind::Overlap, 2), (FlawKind::Beyond, 2)]);
        let thousand = found.iter().map(|f| (f.area_m2 / 10_180.0).round()).collect::<Vec<_>>();
        assert_eq!(thousand, [20.0, 10.0, 9.0]);
        assert!(holds(&found[1].rings, (34.705, 113.6095)));
    }

    #[test]
    fn a_sliver_is_no_flaw() {
        let left = grid("S-1", Level::Inspector, None, box_of(0.0, 0.0, 10.0, 10.0));
        let right = grid("S-2", Level::Inspector, None, box_of(9.9999, 0.0, 20.0, 10.0));
        assert_eq!(flaws(&[left, right]), []);
    }

    #[test]
    fn a_line_cuts_in_two_and_both_are_the_whole() {
        let rings = box_of(0.0, 0.0, 10.0, 10.0);
        let point = |x: f64, y: f64| [113.6 + x / 1000.0, 34.7 + y / 1000.0];
        // From west to east, with a bend: the left is the north.
        let (north, south) = cut(&rings, &[point(-1.0, 4.0), point(5.0, 6.0), point(11.0, 4.0)]).unwrap();
        assert!(holds(&north, (34.709, 113.605)) && holds(&south, (34.701, 113.605)));
        assert!(!holds(&north, (34.701, 113.605)) && !holds(&south, (34.709, 113.605)));
        let difference = area_m2(&north) + area_m2(&south) - area_m2(&rings);
        assert!(difference.abs() < LEAST_M2, "{difference}");
        // A line that ends within goes on straight; one beside the shape cuts nothing.
        assert!(cut(&rings, &[point(3.0, 3.0), point(4.0, 3.0)]).is_some());
        assert_eq!(cut(&rings, &[point(20.0, 0.0), point(20.0, 9.0)]), None);
        assert_eq!(cut(&rings, &[point(3.0, 3.0)]), None);
        let rest = without(&rings, [&north]);
        assert!(!holds(&rest, (34.709, 113.605)) && (area_m2(&rest) - area_m2(&south)).abs() < LEAST_M2);
        let again = joined([&north, &south]);
        assert!((area_m2(&again) - area_m2(&rings)).abs() < LEAST_M2);
    }

    #[test]
    fn what_is_no_shape_is_said() {
        assert_eq!(tidy(&Vec::new()), Err(ShapeFault::Empty));
        assert_eq!(tidy(&[vec![[113.6, 34.7], [113.7, 34.7]]]), Err(ShapeFault::TooFewCorners));
        assert_eq!(tidy(&[vec![[113.6, 34.7], [113.7, 34.7], [113.65, 34.7]]]), Err(ShapeFault::NoArea), "a line");
        let swapped = vec![vec![[34.7, 113.6], [34.8, 113.6], [34.8, 113.7]]];
        assert_eq!(tidy(&swapped), Err(ShapeFault::NotDegrees));
        let open = vec![vec![[113.6, 34.7], [113.6, 34.7], [113.7, 34.7], [113.7, 34.8]]];
        assert_eq!(tidy(&open).unwrap()[0].len(), 4, "closed, and no corner twice");
        let round = |n: u32| -> Rings {
            vec![
                (0..n)
                    .map(|k| f64::from(k) / f64::from(n) * std::f64::consts::TAU)
                    .map(|a| [113.6 + a.cos() / 9.0, 34.7 + a.sin() / 9.0])
                    .collect(),
            ]
        };
        assert_eq!(tidy(&round(3_000)), Err(ShapeFault::TooDetailed));
        assert!(tidy(&round(300)).is_ok());
    }
}
