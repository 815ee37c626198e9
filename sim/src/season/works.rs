//! Plans: drawn up after a cold visit, worked off, measured again, looked after; some homes stay cold, some plans are late.

use anyhow::Result;
use huce_core::{
    body::PhotoRole,
    clock::china_date,
    ids::{MeasureId, PlanId},
    ipc::{
        plan::{ChangePlan, PlanChange},
        visit::SuggestedMeasure,
    },
    plan::MeasureState,
    site::Site,
};

use super::{
    Errand, Season,
    papers::{degrees, remedy},
};

/// Below this a home gets a plan, tenths of a degree.
pub const COLD: i32 = 176;
/// Days after the work on which the inspector looks again; the last follow-up is often after the season.
const FOLLOW_UPS: [u32; 3] = [3, 15, 60];

/// A plan as its inspector thinks of it.
#[derive(Debug)]
pub struct Work {
    /// Which home.
    pub home: usize,
    /// Who drew it up.
    who: usize,
    /// What was measured then, tenths of a degree.
    before: i32,
    /// What the form suggested.
    suggestions: Vec<SuggestedMeasure>,
    plan: Option<PlanId>,
    measures: Vec<MeasureId>,
    /// How often it was worked on.
    times: usize,
    /// Not closed yet.
    pub is_open: bool,
}

/// What comes next.
#[derive(Debug, Clone, Copy)]
pub enum Step {
    /// It is drawn up.
    Open,
    /// The resident says yes, or no.
    Consent,
    /// The work is done.
    Mend,
    /// The temperature after the work.
    Measure,
    /// So many days later.
    LookAgain(u32),
    /// Nothing helps, or nothing is left to be done: it is closed by hand.
    Close,
}

impl Season {
    pub(super) fn begin_work(
        &mut self,
        who: usize,
        home: usize,
        before: i32,
        suggestions: Vec<SuggestedMeasure>,
    ) -> usize {
        let (plan, measures, times, is_open) = (None, Vec::new(), 0, true);
        self.works.push(Work { home, who, before, suggestions, plan, measures, times, is_open });
        self.works.len() - 1
    }

    pub(super) fn work_on(&mut self, work: usize, step: Step) -> Result<()> {
        let Some((home, drawn_by)) = self.works.get(work).map(|work| (work.home, work.who)) else { return Ok(()) };
        // Whoever has the stairwell now goes on with it.
        let who = self.inspector_of(home).unwrap_or(drawn_by);
        match step {
            Step::Open => self.open_plan(who, work, home),
            Step::Consent => {
                let agreed = !self.dice.in_of(1, 12);
                self.change_plan(who, work, vec![PlanChange::Consent { agreed }])?;
                let step = if agreed { Step::Mend } else { Step::Close };
                let when_ms = self.on_day(2, 8, 18);
                self.later(when_ms, Errand::Plan { work, step });
                Ok(())
            }
            Step::Mend => self.mend(who, work, home),
            Step::Measure => self.measure_after(who, work, home),
            Step::LookAgain(days) => self.look_again(who, work, home, days),
            Step::Close => {
                if let Some(work) = self.works.get_mut(work) {
                    work.is_open = false;
                }
                self.change_plan(who, work, vec![PlanChange::Close { closed: true }])
            }
        }
    }

    /// Changes a plan that is there; nothing happens to one that was never drawn up.
    fn change_plan(&mut self, who: usize, work: usize, changes: Vec<PlanChange>) -> Result<()> {
        let Some(of) = self.works.get(work) else { return Ok(()) };
        let (Some(plan), Some(home)) = (of.plan.clone(), self.town.homes.get(of.home)) else { return Ok(()) };
        let call = ChangePlan { household: home.id.clone(), plan: Some(plan), changes };
        self.act(who, "change a plan", call).map(drop)
    }

    fn open_plan(&mut self, who: usize, work: usize, home: usize) -> Result<()> {
        let (Some(of), Some(there)) = (self.works.get(work), self.town.homes.get(home)) else { return Ok(()) };
        let (diagnosis, code, title) = remedy(there.cause);
        let household = there.id.clone();
        let person = self.hands.get(who).map(|hand| hand.person.clone());
        let mut changes = vec![
            PlanChange::Diagnosis { text: diagnosis.to_owned() },
            PlanChange::Before { temp_c: Some(degrees(of.before)) },
        ];
        let mut measures = Vec::new();
        for suggested in &of.suggestions {
            // A measure that several rooms ask for is one; more than two are for later.
            if measures.len() == 2 || measures.contains(&suggested.measure) {
                continue;
            }
            measures.push(suggested.measure.clone());
            changes.push(PlanChange::Add {
                measure: suggested.measure.clone(),
                title: suggested.title.0.clone(),
                why: Some(suggested.why.0.clone()),
                who: person.clone(),
                until: Some(suggested.until.clone()),
                priority: Some(suggested.priority),
            });
        }
        if measures.is_empty() {
            let measure = MeasureId::new(code)?;
            measures.push(measure.clone());
            let until = china_date(self.now_ms).checked_add_days(chrono::Days::new(3)).map(|day| day.to_string());
            let (title, why) = (title.to_owned(), None);
            changes.push(PlanChange::Add { measure, title, why, who: person, until, priority: Some(2) });
        }
        let agreed = !self.dice.in_of(1, 5);
        if agreed {
            changes.push(PlanChange::Consent { agreed: true });
        }
        let call = ChangePlan { household: household.clone(), plan: None, changes };
        let Some(opened) = self.act(who, "draw up a plan", call)? else {
            self.works[work].is_open = false;
            return Ok(());
        };
        self.works[work].plan = Some(opened.plan);
        self.works[work].measures = measures;
        if self.dice.in_of(1, 25) {
            self.photo(who, &Site::from(household), PhotoRole::Before)?;
        }
        // Most are done in time, some wait for parts, some wait too long.
        let days = match (agreed, self.dice.below(10)) {
            (false, _) | (true, 0..5) => 1,
            (true, 5..8) => 3,
            (true, 8) => 7,
            (true, _) => 16,
        };
        let step = if agreed { Step::Mend } else { Step::Consent };
        let when_ms = self.on_day(days, 8, 19);
        self.later(when_ms, Errand::Plan { work, step });
        Ok(())
    }

    fn mend(&mut self, who: usize, work: usize, home: usize) -> Result<()> {
        let measures = self.works.get(work).map(|work| work.measures.clone()).unwrap_or_default();
        let state = MeasureState::Done;
        let changes = measures.into_iter().map(|measure| PlanChange::State { measure, state }).collect();
        self.change_plan(who, work, changes)?;
        self.works[work].times += 1;
        // Four of five are warm then; the others were something else, or come back.
        let helps = self.dice.in_of(4, 5);
        if let Some(home) = self.town.homes.get_mut(home).filter(|_| helps) {
            home.costs = home.costs / 8 - 6;
        }
        let when_ms = self.on_day(i64::from(self.works[work].times == 1), 9, 20).max(self.now_ms + super::HOUR);
        self.later(when_ms, Errand::Plan { work, step: Step::Measure });
        Ok(())
    }

    fn measure_after(&mut self, who: usize, work: usize, home: usize) -> Result<()> {
        let after = self.measured(home);
        self.change_plan(who, work, vec![PlanChange::After { temp_c: Some(degrees(after)) }])?;
        let household = self.town.homes.get(home).map(|home| home.id.clone());
        if let Some(household) = household.filter(|_| self.dice.in_of(1, 25)) {
            self.photo(who, &Site::from(household), PhotoRole::After)?;
        }
        for days in FOLLOW_UPS {
            let when_ms = self.on_day(i64::from(days), 9, 19);
            self.later(when_ms, Errand::Plan { work, step: Step::LookAgain(days) });
        }
        Ok(())
    }

    /// A follow-up: somebody is at home or not; where it is cold again the plan gets another measure.
    fn look_again(&mut self, who: usize, work: usize, home: usize, days: u32) -> Result<()> {
        if !self.works.get(work).is_some_and(|work| work.is_open) {
            return Ok(());
        }
        // Some are forgotten: they are overdue.
        if self.dice.in_of(1, 9) {
            return Ok(());
        }
        let now = self.measured(home);
        let mut changes = vec![PlanChange::FollowedUp { days, temp_c: Some(degrees(now)) }];
        let again = now < 180 && self.works[work].times < 2;
        if again {
            let measure = MeasureId::new("balance_riser_again")?;
            let until = china_date(self.now_ms).checked_add_days(chrono::Days::new(5)).map(|day| day.to_string());
            let person = self.hands.get(who).map(|hand| hand.person.clone());
            let (title, why) = ("再次调平衡".to_owned(), Some("回访时室温仍低".to_owned()));
            self.works[work].measures = vec![measure.clone()];
            changes.push(PlanChange::Add { measure, title, why, who: person, until, priority: Some(1) });
        }
        self.change_plan(who, work, changes)?;
        if again {
            let when_ms = self.on_day(4, 8, 18);
            self.later(when_ms, Errand::Plan { work, step: Step::Mend });
        } else if now < 180 || days == 60 || self.dice.in_of(1, 6) {
            let when_ms = self.on_day(1, 9, 12);
            self.later(when_ms, Errand::Plan { work, step: Step::Close });
        }
        Ok(())
    }
}
