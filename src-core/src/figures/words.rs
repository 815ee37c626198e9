//! What the figures are called and mean, and what a report says in sentences: in Chinese and English, once, so that the
//! page, the workbook and the command line say the same.

use chrono::Datelike;

use super::{
    figure::{Figure, Rate, Sums},
    league::LeagueLine,
    period::{Period, PeriodKind},
    report::Report,
};
pub use crate::register::Lang;

/// Chooses by the language.
fn pick(lang: Lang, (zh, en): (&'static str, &'static str)) -> &'static str {
    match lang {
        Lang::Zh => zh,
        Lang::En => en,
    }
}

impl Figure {
    /// What it is called.
    pub fn name(self, lang: Lang) -> &'static str {
        pick(lang, self.words().0)
    }

    /// What it means, in a line.
    pub fn meaning(self, lang: Lang) -> &'static str {
        pick(lang, self.words().1)
    }

    fn words(self) -> ((&'static str, &'static str), (&'static str, &'static str)) {
        match self {
            Self::Households => {
                (("户数", "Households"), ("网格内的住户数（期末）", "households of the grid, at the end of the period"))
            }
            Self::Covered => (
                ("本年度已入户", "Visited this year"),
                (
                    "自4月1日起有过有效入户（完成或拒访）的户数（期末）",
                    "households with a visit that ended (done or refused) since 1 April",
                ),
            ),
            Self::Visits => (
                ("入户次数", "Visits"),
                (
                    "期内入户与设施巡检次数，含无人在家和拒访；被更正的不计",
                    "visits at households and facilities, also no answer and refused; corrected ones do not count",
                ),
            ),
            Self::NoAnswer => (("无人在家", "No answer"), ("期内无人应门的次数", "visits at which nobody opened")),
            Self::Refused => (("拒访", "Refused"), ("期内拒访的次数", "visits that were refused")),
            Self::Inspections => {
                (("设施巡检", "Inspections"), ("期内完成的设施巡检次数", "forms filled in at facilities"))
            }
            Self::Seen => (
                ("入户户数", "Households visited"),
                (
                    "期内有过有效入户（完成或拒访）的户数",
                    "households with a visit that ended (done or refused) in the period",
                ),
            ),
            Self::Measured => (
                ("测温户数", "Households measured"),
                ("期内测过室温的户数", "households at which a temperature was taken"),
            ),
            Self::Cold => (
                ("低于18 ℃", "Below 18 °C"),
                (
                    "期内最近一次测温时最冷房间低于18.0 ℃的户数",
                    "households whose coldest room was below 18.0 °C when it was measured last in the period",
                ),
            ),
            Self::PlansOpened => {
                (("新建一户一策", "Plans opened"), ("期内建立的一户一策", "plans drawn up in the period"))
            }
            Self::PlansClosed => (
                ("完成一户一策", "Plans closed"),
                (
                    "期内完成的一户一策（关闭，或措施与回访全部完成）",
                    "plans closed, or with all measures and follow-ups done, in the period",
                ),
            ),
            Self::PlansMeasured => (
                ("测得效果", "Effects measured"),
                (
                    "期内记录了措施后温度且有措施前温度的一户一策",
                    "plans whose temperature after the work was written down in the period, beside the one before",
                ),
            ),
            Self::PlansOpen => (
                ("在办一户一策", "Plans open"),
                ("期末未完成的一户一策", "plans not at their end, at the end of the period"),
            ),
            Self::PlansOverdue => (
                ("超期一户一策", "Plans overdue"),
                ("期末下一个期限已过的一户一策", "open plans whose next date had passed"),
            ),
            Self::Taken => (("受理诉求", "Requests taken"), ("期内受理的诉求", "requests taken in the period")),
            Self::AnswerDue => (
                ("应答到期", "Answers due"),
                ("期内受理且已应答或已超应答时限的诉求", "requests taken that were answered or whose answer is late"),
            ),
            Self::AnsweredInTime => {
                (("及时应答", "Answered in time"), ("其中5分钟内应答的", "of those, answered within 5 minutes"))
            }
            Self::SolveDue => (
                ("解决到期", "Solutions due"),
                ("期内受理且已解决或已超解决时限的诉求", "requests taken that were solved or whose solution is late"),
            ),
            Self::SolvedInTime => (
                ("及时解决", "Solved in time"),
                (
                    "其中小问题20分钟、大故障8小时内解决的",
                    "of those, solved within 20 minutes (small) or 8 hours (major)",
                ),
            ),
            Self::Closed => (
                ("办结", "Closed"),
                (
                    "期内受理且已办结（解决、回访、满意）的诉求",
                    "requests taken that are solved, called back and satisfied",
                ),
            ),
            Self::CalledBack => (
                ("已回访", "Called back"),
                ("期内受理且解决后回访到本人的诉求", "requests taken whose residents were reached after the solution"),
            ),
            Self::Satisfied => (("满意", "Satisfied"), ("其中表示满意的", "of those, satisfied")),
            Self::Repeated => (
                ("重复诉求", "Repeated"),
                (
                    "期内受理、同一地点同一类别7天内再次提出的诉求",
                    "requests taken about the same matter at the same place within 7 days after another",
                ),
            ),
            Self::Solved => (
                ("解决诉求", "Requests solved"),
                ("期内解决的诉求，不论何时受理", "requests solved in the period, whenever they were taken"),
            ),
            Self::RequestsOpen => (
                ("在办诉求", "Requests open"),
                ("期末未办结的诉求", "requests not at their end, at the end of the period"),
            ),
            Self::RequestsOverdue => (
                ("超期诉求", "Requests overdue"),
                ("期末已超解决时限仍未解决的诉求", "requests not solved whose promise had broken"),
            ),
            Self::Found => (
                ("自查发现", "Found"),
                ("期内入户发现的诉求与新建的一户一策", "requests found on visits, and plans drawn up, in the period"),
            ),
        }
    }
}

impl Rate {
    /// What it is called.
    pub fn name(self, lang: Lang) -> &'static str {
        let words = match self {
            Self::Coverage => ("覆盖率", "Coverage"),
            Self::Cold => ("低温占比", "Share below 18 °C"),
            Self::AnsweredInTime => ("应答及时率", "Answered in time"),
            Self::SolvedInTime => ("解决及时率", "Solved in time"),
            Self::Closed => ("办结率", "Closed"),
            Self::Satisfied => ("满意率", "Satisfied"),
            Self::Repeated => ("重复诉求率", "Repeated"),
        };
        pick(lang, words)
    }
}

impl Period {
    /// `2026年第48周（11月23日至11月29日）`.
    pub fn title(&self, lang: Lang) -> String {
        let (first, last) = (self.first_day(), self.last_day());
        let (year, month, day) = (first.year(), first.month(), first.day());
        let week = first.iso_week();
        match (self.kind, lang) {
            (PeriodKind::Day, Lang::Zh) => format!("{year}年{month}月{day}日"),
            (PeriodKind::Day, Lang::En) => first.to_string(),
            (PeriodKind::Week, Lang::Zh) => {
                format!("{}年第{}周（{month}月{day}日至{}月{}日）", week.year(), week.week(), last.month(), last.day())
            }
            (PeriodKind::Week, Lang::En) => format!("week {} of {} ({first} to {last})", week.week(), week.year()),
            (PeriodKind::Month, Lang::Zh) => format!("{year}年{month}月"),
            (PeriodKind::Month, Lang::En) => format!("{year}-{month:02}"),
        }
    }

    /// What a report of this length is called.
    pub fn report_name(&self, lang: Lang) -> &'static str {
        let words = match self.kind {
            PeriodKind::Day => ("日调度", "Daily dispatch"),
            PeriodKind::Week => ("周通报", "Weekly bulletin"),
            PeriodKind::Month => ("月总结", "Monthly summary"),
        };
        pick(lang, words)
    }
}

/// `17.6`, of tenths.
pub fn tenths_text(tenths: i64) -> String {
    let sign = if tenths < 0 { "-" } else { "" };
    format!("{sign}{}.{}", tenths.unsigned_abs() / 10, tenths.unsigned_abs() % 10)
}

/// `+4.2 °C`, of tenths.
pub fn effect_text(tenths: i64) -> String {
    let sign = if tenths > 0 { "+" } else { "" };
    format!("{sign}{} °C", tenths_text(tenths))
}

/// `87.5 %`, of thousandths; `–` of nothing.
pub fn permille_text(permille: Option<u64>) -> String {
    permille.map_or("–".to_owned(), |n| format!("{}.{} %", n / 10, n % 10))
}

/// How a figure changed: `（环比 +12）`, ` (+12)`.
fn change(now: u64, before: u64, lang: Lang) -> String {
    let change = i128::from(now) - i128::from(before);
    match lang {
        Lang::Zh => format!("（环比 {change:+}）"),
        Lang::En => format!(" ({change:+} against the period before)"),
    }
}

/// What the report says in sentences, in the order of reading.
pub fn sentences(report: &Report, lang: Lang) -> Vec<String> {
    let (now, before) = (&report.total, &report.before);
    let n = |figure: Figure| now.get(figure);
    let changed = |figure: Figure| change(n(figure), before.get(figure), lang);
    let rate = |rate: Rate| permille_text(now.permille(rate));
    let mut said = vec![match lang {
        Lang::Zh => format!(
            "入户 {} 次{}，涉及 {} 户；本年度已入户 {} 户，覆盖率 {}。无人在家 {} 次，拒访 {} 次。",
            n(Figure::Visits),
            changed(Figure::Visits),
            n(Figure::Seen),
            n(Figure::Covered),
            rate(Rate::Coverage),
            n(Figure::NoAnswer),
            n(Figure::Refused)
        ),
        Lang::En => format!(
            "{} visits{}, at {} households; {} were visited this year, a coverage of {}. {} times nobody opened, {} refused.",
            n(Figure::Visits),
            changed(Figure::Visits),
            n(Figure::Seen),
            n(Figure::Covered),
            rate(Rate::Coverage),
            n(Figure::NoAnswer),
            n(Figure::Refused)
        ),
    }];
    said.extend(temperatures(now, lang));
    said.push(match lang {
        Lang::Zh => format!(
            "一户一策新建 {} 份{}，完成 {} 份，在办 {} 份，其中超期 {} 份。",
            n(Figure::PlansOpened),
            changed(Figure::PlansOpened),
            n(Figure::PlansClosed),
            n(Figure::PlansOpen),
            n(Figure::PlansOverdue)
        ),
        Lang::En => format!(
            "Plans: {} opened{}, {} closed, {} open, of which {} overdue.",
            n(Figure::PlansOpened),
            changed(Figure::PlansOpened),
            n(Figure::PlansClosed),
            n(Figure::PlansOpen),
            n(Figure::PlansOverdue)
        ),
    });
    said.extend(now.mean_effect_tenths().map(|effect| match lang {
        Lang::Zh => format!("{} 份测得效果，平均升温 {}。", n(Figure::PlansMeasured), effect_text(effect)),
        Lang::En => {
            format!("The effect of {} was measured: {} on average.", n(Figure::PlansMeasured), effect_text(effect))
        }
    }));
    said.push(match lang {
        Lang::Zh => format!(
            "受理诉求 {} 件{}，应答及时率 {}，解决及时率 {}，办结率 {}，满意率 {}，重复诉求 {} 件。在办 {} 件，其中超期 {} 件。",
            n(Figure::Taken),
            changed(Figure::Taken),
            rate(Rate::AnsweredInTime),
            rate(Rate::SolvedInTime),
            rate(Rate::Closed),
            rate(Rate::Satisfied),
            n(Figure::Repeated),
            n(Figure::RequestsOpen),
            n(Figure::RequestsOverdue)
        ),
        Lang::En => format!(
            "{} requests taken{}: {} answered in time, {} solved in time, {} closed, {} satisfied, {} repeated. {} are open, of which {} overdue.",
            n(Figure::Taken),
            changed(Figure::Taken),
            rate(Rate::AnsweredInTime),
            rate(Rate::SolvedInTime),
            rate(Rate::Closed),
            rate(Rate::Satisfied),
            n(Figure::Repeated),
            n(Figure::RequestsOpen),
            n(Figure::RequestsOverdue)
        ),
    });
    let (best, worst) = report.best_and_worst();
    if !best.is_empty() {
        let names = |lines: &[LeagueLine]| {
            let named = lines.iter().map(|line| format!("{} {}", report.name_of(&line.grid), points_text(line.tenths)));
            named.collect::<Vec<_>>().join(pick(lang, ("、", ", ")))
        };
        let [best, worst] = [best, worst].map(names);
        said.push(match lang {
            Lang::Zh => format!("擂台赛前列：{best}；后列：{worst}。"),
            Lang::En => format!("League: first {best}; last {worst}."),
        });
    }
    said
}

fn temperatures(now: &Sums, lang: Lang) -> Option<String> {
    let median = tenths_text(now.median_tenths()?.into());
    let (cold, measured) = (now.get(Figure::Cold), now.get(Figure::Measured));
    let share = permille_text(now.permille(Rate::Cold));
    Some(match lang {
        Lang::Zh => format!("测温 {measured} 户，室温中位数 {median} ℃，低于18 ℃的 {cold} 户，占 {share}。"),
        Lang::En => format!("{measured} households measured: median {median} °C, {cold} below 18 °C, {share}."),
    })
}

/// `87.5`, of tenths of a point.
pub fn points_text(tenths: u64) -> String {
    format!("{}.{}", tenths / 10, tenths % 10)
}
