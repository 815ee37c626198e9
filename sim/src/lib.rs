//! A deterministic simulation of the sync: many tablets, one server and a hostile network, all from one seed.
//!
//! The engine is the real one: the tablets' state machine, journal, projection and photo files; the server's router,
//! intake, database and photo folder, called in this thread. Only the network, the time and the dice are simulated. A
//! seed gives the same history every time, to the last byte.
//!
//! Read in this order: [`district`] (how it begins) → [`world`] (what happens next) → [`work`] (what people do) →
//! `faults` and `mishaps` (what goes wrong) → [`hub`] (a relay in between) → `heal` (everybody comes back) → `oracle` with [`naive`] (what must never have
//! happened) → [`plant`] (bugs on purpose, to prove that the oracle sees them).
//!
//! [`season`] is another use of the same engines: five months of a town's work, with nothing going wrong but people.

pub mod auditor;
pub mod depot;
pub mod dice;
pub mod district;
mod faults;
mod heal;
pub mod hub;
mod mishaps;
pub mod naive;
pub mod net;
mod oracle;
pub mod plant;
mod planted;
pub mod saved;
pub mod season;
pub mod shelf;
pub mod soak;
pub mod tablet;
pub mod work;
pub mod world;

use std::panic::{AssertUnwindSafe, catch_unwind};

pub use plant::Plant;
pub use world::Outcome;
use world::World;

/// How to play a seed.
#[derive(Debug, Clone, Copy, Default)]
pub struct Settings {
    /// A bug planted on purpose.
    pub plant: Option<Plant>,
    /// Keep every line of the history.
    pub keep_log: bool,
}

/// Plays one history. What goes wrong in any way, a panic included, is a failure in the outcome.
pub fn play(seed: u64, settings: Settings) -> Outcome {
    let mut left = Outcome { seed, ..Outcome::default() };
    let played = catch_unwind(AssertUnwindSafe(|| history(seed, settings, &mut left)));
    let why = match played {
        Ok(Ok(outcome)) => return outcome,
        Ok(Err(e)) => format!("the history broke off: {e:#}"),
        Err(why) => {
            let text = why.downcast_ref::<String>().cloned();
            let text = text.or_else(|| why.downcast_ref::<&str>().map(|t| (*t).to_owned()));
            format!("a panic: {}", text.unwrap_or_else(|| "of no text".to_owned()))
        }
    };
    left.failures.push(why);
    left
}

fn history(seed: u64, settings: Settings, left: &mut Outcome) -> anyhow::Result<Outcome> {
    let mut world = World::new(seed, settings.plant, settings.keep_log)?;
    let steps = 40 + world.dice.below(160);
    let mut played = || {
        world.first_syncs()?;
        for _ in 0..steps {
            world.step()?;
        }
        world.heal()?;
        world.judge()
    };
    match played() {
        Ok(state) => Ok(world.close(&state)),
        Err(e) => {
            *left = world.close("");
            Err(e)
        }
    }
}
