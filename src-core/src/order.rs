//! One stable sort for lists of every type. The standard library's is made anew for each of them, 4 kB of wasm a type,
//! and the pages have a budget; what is sorted here is short.

use std::cmp::Ordering;

/// Sorts by keys; what is equal keeps its order.
pub fn sort_by_key<T, K: Ord>(items: &mut Vec<T>, key: impl Fn(&T) -> K) {
    let keys: Vec<K> = items.iter().map(key).collect();
    let order = order(items.len(), &|a, b| keys.get(a).cmp(&keys.get(b)));
    let mut taken: Vec<Option<T>> = items.drain(..).map(Some).collect();
    items.extend(order.into_iter().filter_map(|at| taken.get_mut(at)?.take()));
}

fn order(len: usize, compare: &dyn Fn(usize, usize) -> Ordering) -> Vec<usize> {
    let mut order: Vec<usize> = (0..len).collect();
    order.sort_by(|a, b| compare(*a, *b));
    order
}

#[cfg(test)]
mod tests {
    use super::sort_by_key;

    #[test]
    fn what_is_equal_keeps_its_order_and_nothing_is_lost() {
        let mut items: Vec<(u32, usize)> = (0..100).map(|n| ((n * 37 % 10) as u32, n)).collect();
        let mut wanted = items.clone();
        wanted.sort_by_key(|(key, _)| *key);
        sort_by_key(&mut items, |(key, _)| *key);
        assert_eq!(items, wanted);
        sort_by_key(&mut items, |(key, n)| std::cmp::Reverse((*key, *n)));
        assert_eq!((items.len(), items.first()), (100, Some(&(9, 97))));
        let mut none: Vec<u8> = Vec::new();
        sort_by_key(&mut none, |n| *n);
        assert!(none.is_empty());
    }
}
