//! How often somebody may ask. Per address before it is known who asks: 330 tablets behind the one address of a depot all
//! get in within a minute. More strictly per device and per login, so that one of them that runs wild slows itself only.
//! Counted in each process by itself; what must hold across processes (wrong passwords, wrong codes) is in
//! [`crate::store::failures`].

use std::{
    hash::Hash,
    net::IpAddr,
    num::NonZeroU32,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use governor::{
    DefaultKeyedRateLimiter, Quota, RateLimiter,
    clock::{Clock, DefaultClock},
};
use huce_core::ids::DeviceId;

use crate::routes::Fault;

/// Retries of many are spread over so many seconds more.
const SPREAD: u64 = 5;
/// Keys that were not seen for long are forgotten after so many questions.
const TIDY_EVERY: u64 = 10_000;

/// So many at once, and so many a second from then on.
#[derive(Debug, Clone, Copy)]
struct Rate {
    burst: u32,
    a_second: f64,
}

/// Challenge and token of 330 tablets, their enrolment and as much again for those that try twice: within a minute.
const ADDRESS: Rate = Rate { burst: 2_000, a_second: 20.0 };
/// Signing in costs a password hash of 50 ms. People sign in once a shift.
const SIGN_IN_ADDRESS: Rate = Rate { burst: 60, a_second: 1.0 };
/// One device's tokens and enrolments: one an hour is what it needs.
const TOKEN: Rate = Rate { burst: 20, a_second: 0.2 };
/// One login's tries, right or wrong.
const LOGIN: Rate = Rate { burst: 10, a_second: 0.1 };
/// One device's work: 60 visits with photos are some 300 questions; a hub hands on those of a whole depot.
const DEVICE: Rate = Rate { burst: 4_000, a_second: 200.0 };

/// What is counted.
pub struct Limits {
    address: DefaultKeyedRateLimiter<IpAddr>,
    sign_in: DefaultKeyedRateLimiter<IpAddr>,
    // With the address: before the signature is checked, anybody may name any device.
    token: DefaultKeyedRateLimiter<(IpAddr, DeviceId)>,
    login: DefaultKeyedRateLimiter<(IpAddr, String)>,
    device: DefaultKeyedRateLimiter<DeviceId>,
    asked: AtomicU64,
    clock: DefaultClock,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            address: limiter(ADDRESS),
            sign_in: limiter(SIGN_IN_ADDRESS),
            token: limiter(TOKEN),
            login: limiter(LOGIN),
            device: limiter(DEVICE),
            asked: AtomicU64::new(0),
            clock: DefaultClock::default(),
        }
    }
}

fn limiter<K: Clone + Hash + Eq>(rate: Rate) -> DefaultKeyedRateLimiter<K> {
    let burst = NonZeroU32::new(rate.burst).unwrap_or(NonZeroU32::MIN);
    let quota = Quota::with_period(Duration::from_secs_f64(1.0 / rate.a_second));
    RateLimiter::keyed(quota.unwrap_or(Quota::per_second(NonZeroU32::MIN)).allow_burst(burst))
}

impl Limits {
    fn one<K: Clone + Hash + Eq>(&self, limiter: &DefaultKeyedRateLimiter<K>, key: &K) -> Result<(), Fault> {
        let n = self.asked.fetch_add(1, Ordering::Relaxed);
        if n % TIDY_EVERY == TIDY_EVERY - 1 {
            self.tidy();
        }
        limiter.check_key(key).map_err(|until| {
            let wait = until.wait_time_from(self.clock.now());
            Fault::slow_down(wait.as_secs() + 1 + n % SPREAD)
        })
    }

    fn tidy(&self) {
        self.address.retain_recent();
        self.sign_in.retain_recent();
        self.token.retain_recent();
        self.login.retain_recent();
        self.device.retain_recent();
    }

    /// Somebody at this address asks what anybody may ask.
    ///
    /// # Errors
    /// `slow_down` with the seconds to wait.
    pub fn open(&self, peer: IpAddr) -> Result<(), Fault> {
        self.one(&self.address, &peer)
    }

    /// Somebody at this address says to be this device.
    ///
    /// # Errors
    /// As [`Limits::open`].
    pub fn token(&self, peer: IpAddr, device: &DeviceId) -> Result<(), Fault> {
        self.one(&self.token, &(peer, device.clone()))
    }

    /// Somebody at this address tries to sign in under this name.
    ///
    /// # Errors
    /// As [`Limits::open`].
    pub fn sign_in(&self, peer: IpAddr, login: &str) -> Result<(), Fault> {
        self.one(&self.sign_in, &peer)?;
        self.one(&self.login, &(peer, login.chars().take(64).collect()))
    }

    /// This device, which showed its token, asks.
    ///
    /// # Errors
    /// As [`Limits::open`].
    pub fn device(&self, device: &DeviceId) -> Result<(), Fault> {
        self.one(&self.device, device)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::time::Instant;

    use super::*;

    const DEPOT: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 1, 1, 1));

    fn device(n: u32) -> DeviceId {
        DeviceId::new(format!("device{n}")).unwrap()
    }

    #[test]
    fn the_tablets_of_a_depot_all_get_in_and_one_that_runs_wild_waits() {
        let limits = Limits::default();
        let began = Instant::now();
        let wild = device(0);
        let mut slowed = 0_u64;
        for n in 1..=330 {
            // Enrolment, challenge and token of each; between them one that asks without end.
            for _ in 0..3 {
                assert_eq!(limits.open(DEPOT), Ok(()), "tablet {n}");
            }
            assert_eq!(limits.token(DEPOT, &device(n)), Ok(()));
            for _ in 0..20 {
                slowed += u64::from(limits.device(&wild).is_err());
            }
            for _ in 0..300 {
                assert_eq!(limits.device(&device(n)), Ok(()), "tablet {n}");
            }
        }
        let allowed = f64::from(DEVICE.burst) + DEVICE.a_second * (began.elapsed().as_secs_f64() + 1.0);
        assert!(slowed as f64 >= 330.0 * 20.0 - allowed, "{slowed}");
    }

    #[test]
    fn whoever_is_slowed_hears_for_how_long() {
        let limits = Limits::default();
        let mut tries = (0..LOGIN.burst + 1).map(|_| limits.sign_in(DEPOT, "admin"));
        let fault = tries.find_map(Result::err).unwrap();
        assert_eq!((fault.status.as_u16(), fault.refused.code.as_str()), (429, "slow_down"));
        let seconds: u64 = fault.refused.params.first().unwrap().1.parse().unwrap();
        assert!((1..=10 + 1 + SPREAD).contains(&seconds), "{seconds}");
        assert_eq!(limits.sign_in(DEPOT, "diaodu"), Ok(()), "another name at the same address");
    }
}
