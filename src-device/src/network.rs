//! What the system tells of the network.

/// Is the way to the internet a metered one (mobile data)? None where the system does not tell.
pub fn is_metered() -> Option<bool> {
    if !cfg!(target_os = "linux") && !cfg!(target_os = "android") {
        return None;
    }
    is_mobile(&std::fs::read_to_string("/proc/net/route").ok()?)
}

/// Reads Linux's table of routes: by which interface does the default route go?
fn is_mobile(routes: &str) -> Option<bool> {
    let mut defaults: Vec<(u32, &str)> = routes
        .lines()
        .filter_map(|line| {
            let mut fields = line.split_whitespace();
            let (interface, to) = (fields.next()?, fields.next()?);
            let metric = fields.nth(4)?.parse().ok()?;
            (to == "00000000").then_some((metric, interface))
        })
        .collect();
    defaults.sort_unstable();
    let (_, interface) = defaults.first()?;
    Some(["ww", "ppp", "rmnet", "ccmni"].iter().any(|kind| interface.starts_with(kind)))
}

#[cfg(test)]
mod tests {
    use super::is_mobile;

    const HEAD: &str = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n";

    #[test]
    fn the_default_route_with_the_smallest_metric_counts() {
        let wifi = "wlan0\t00000000\t0102A8C0\t0003\t0\t0\t600\t00000000\t0\t0\t0\n";
        let mobile = "wwan0\t00000000\t00000000\t0001\t0\t0\t700\t00000000\t0\t0\t0\n";
        let local = "eth0\t0002A8C0\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0\n";
        assert_eq!(is_mobile(&[HEAD, wifi, mobile, local].concat()), Some(false));
        assert_eq!(is_mobile(&[HEAD, mobile, local].concat()), Some(true));
        assert_eq!(is_mobile(&[HEAD, local].concat()), None);
        assert_eq!(is_mobile(""), None);
    }
}
