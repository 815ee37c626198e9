//! The thirty people of a season, each with a tablet: the real engine over a folder and a store in memory, with a clock that
//! the season sets and that may lie.

use std::{path::Path, sync::Arc};

use anyhow::{Context, Result};
use huce_core::{
    clock::Millis,
    ids::{DeviceId, GridId, PersonId},
    person::{Person, Role, RoleIn},
};
use huce_device::{
    Device,
    clock::HandClock,
    identity,
    store::InMemory,
    sync::{Watch, sync_over},
};

use super::{
    office::Office,
    town::{STREETS, Town},
};
use crate::tablet::URL;

/// What inspectors are called, grid by grid; those of a second one in a grid come after the others.
const INSPECTORS: [(&str, &str); 21] = [
    ("liuyang", "刘洋"),
    ("zhangwei", "张伟"),
    ("wangfang", "王芳"),
    ("chenjing", "陈静"),
    ("yangjun", "杨军"),
    ("zhaolei", "赵磊"),
    ("huangmin", "黄敏"),
    ("zhoutao", "周涛"),
    ("wuqiang", "吴强"),
    ("xuli", "徐丽"),
    ("sunbin", "孙斌"),
    ("maxia", "马霞"),
    ("zhugang", "朱刚"),
    ("huhong", "胡红"),
    ("guoliang", "郭亮"),
    ("hejie", "何杰"),
    ("linyan", "林燕"),
    ("gaopeng", "高鹏"),
    ("luoping", "罗平"),
    ("zhengkai", "郑凯"),
    ("liangyu", "梁宇"),
];
/// Crew leads, crew by crew.
const LEADS: [(&str, &str); 6] = [
    ("songbanzhang", "宋保国"),
    ("tangbanzhang", "唐建民"),
    ("hanbanzhang", "韩立新"),
    ("fengbanzhang", "冯国庆"),
    ("dongbanzhang", "董志强"),
    ("yubanzhang", "于海涛"),
];
/// Coordinators, street by street.
const COORDINATORS: [(&str, &str); 3] = [("xiaoyun", "肖云"), ("chengmei", "程梅"), ("caolan", "曹兰")];
/// Those who work in the console only.
pub const DISPATCHER: (&str, &str) = ("diaodu", "周调度");
/// See above.
pub const ADMINISTRATOR: (&str, &str) = ("admin", "系统管理员");
/// Every fourth grid has one inspector, the others two.
const ALONE: usize = 3;

/// Somebody with a tablet.
pub struct Hand {
    /// Who.
    pub person: PersonId,
    /// The name to show.
    pub name: String,
    /// What they are.
    pub role: Role,
    /// Where.
    pub grid: GridId,
    /// The grids that are theirs to walk: numbers within the town.
    pub patches: Vec<usize>,
    /// Street of the grid.
    pub street: usize,
    /// Crew of the grid; none of a street's coordinator.
    pub crew: Option<usize>,
    /// How far the clock is off.
    pub skew_ms: i64,
    /// So many things were recorded since the last sync.
    pub unsent: u32,
    /// When that was.
    pub synced_ms: Millis,
    /// The key of the tablet.
    pub secret: [u8; 32],
    device: Option<Arc<Device>>,
    clock: Arc<HandClock>,
}

/// A key of the season: the same for the same seed and number.
pub fn secret(seed: u64, number: usize) -> [u8; 32] {
    *blake3::hash(format!("huce-season {seed} key {number}").as_bytes()).as_bytes()
}

/// Everybody with a tablet: inspectors, crew leads, coordinators.
pub fn hands(town: &Town, seed: u64) -> Result<Vec<Hand>> {
    let mut hands = Vec::new();
    let mut add = |(login, name): (&str, &str), role, grid: GridId, patches: Vec<usize>, street, crew| {
        let secret = secret(seed, hands.len());
        let hand = Hand {
            person: PersonId::new(login)?,
            name: name.to_owned(),
            role,
            grid,
            patches,
            street,
            crew,
            skew_ms: 0,
            unsent: 0,
            synced_ms: 0,
            secret,
            device: None,
            clock: Arc::default(),
        };
        hands.push(hand);
        Ok::<_, anyhow::Error>(())
    };
    let twice = (0..town.patches.len()).filter(|number| number % (ALONE + 1) != ALONE);
    for (number, who) in (0..town.patches.len()).chain(twice).zip(INSPECTORS) {
        let patch = town.patches.get(number).context("no such grid")?;
        add(who, Role::Inspector, patch.grid.clone(), vec![number], town.street(number), Some(patch.crew))?;
    }
    for ((crew, (grid, _, street)), who) in town.crews.iter().enumerate().zip(LEADS) {
        add(who, Role::CrewLead, grid.clone(), Vec::new(), *street, Some(crew))?;
    }
    for ((street, (code, _, _)), who) in STREETS.iter().enumerate().zip(COORDINATORS) {
        add(who, Role::Coordinator, GridId::new(*code)?, Vec::new(), street, None)?;
    }
    Ok(hands)
}

impl Hand {
    /// As the server knows them.
    pub fn known(&self) -> Person {
        let roles = vec![RoleIn { role: self.role, grid: self.grid.clone() }];
        Person { id: self.person.clone(), name: self.name.clone(), roles }
    }

    /// The tablet is switched on for the first time, enrolled.
    pub fn begin(&mut self, folder: &Path, server: (DeviceId, String), now_ms: Millis) -> Result<()> {
        std::fs::create_dir_all(folder)?;
        identity::keep(folder, &self.secret)?;
        // The reserve for a full disk has its length and takes no room.
        std::fs::File::create(folder.join("reserve"))?.set_len(4 * 1024 * 1024)?;
        self.set_clock(now_ms);
        let device = Device::open_over(folder, self.clock.clone(), Box::new(InMemory::default()))?;
        device.edit_book(|book| {
            book.url = Some(URL.to_owned());
            book.person = Some(self.person.clone());
            book.server = Some(server);
        })?;
        self.device = Some(Arc::new(device));
        Ok(())
    }

    /// The tablet.
    pub fn device(&self) -> Result<Arc<Device>> {
        self.device.clone().with_context(|| format!("{} has no tablet yet", self.person))
    }

    /// The world's time, as this tablet's clock shows it.
    pub fn set_clock(&self, now_ms: Millis) {
        self.clock.set(now_ms.saturating_add(self.skew_ms));
    }

    /// Everything that waits goes to the server, everything new comes.
    pub fn sync(&mut self, office: &Office, now_ms: Millis) -> Result<()> {
        let device = self.device()?;
        let watch = Watch::alone();
        let synced = office.wait(sync_over(&device, office.line(), &watch));
        synced.map_err(|e| anyhow::anyhow!("{} cannot sync: {e}", self.person))?;
        (self.unsent, self.synced_ms) = (0, now_ms);
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;
    use crate::dice::Dice;

    #[test]
    fn thirty_people_work_and_no_grid_is_without_an_inspector() {
        let town = Town::new(120, &mut Dice::new(1)).unwrap();
        let hands = hands(&town, 1).unwrap();
        assert_eq!(hands.len(), 30);
        let of = |number: usize| hands.iter().filter(|hand| hand.patches == [number]).count();
        assert!((0..12).all(|number| of(number) == if number % 4 == 3 { 1 } else { 2 }));
        assert_eq!(hands.iter().filter(|hand| hand.role == Role::CrewLead).count(), 6);
    }
}
