//! The way of a case through the seven stages.

use super::{
    calendar::Limit,
    classes::Class,
    people::{self, COMMAND, SUPERVISION, office, seat},
};
use cim_model::{CaseStage, CaseState, CaseStep, StepOutcome, Timestamp};
use rand::Rng;
use rand_pcg::Pcg64;

/// Hours of work that filing, dispatch and verification may take.
const FILING: Limit = Limit::Hours(1);
const DISPATCH: Limit = Limit::Hours(1);
const VERIFICATION: Limit = Limit::Hours(4);

/// Who looks after the place where the case is.
pub(super) struct Local<'a> {
    pub(super) inspector: &'a str,
    pub(super) subdistrict: &'a str,
    pub(super) subdistrict_number: u64,
}

/// Who noticed it first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    Inspector,
    Video,
    Sensor,
    Citizen,
    Department,
}

impl Source {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Inspector => "监督员上报",
            Self::Video => "视频上报",
            Self::Sensor => "物联感知",
            Self::Citizen => "公众举报",
            Self::Department => "部门批转",
        }
    }
}

/// Where the case stands at `now`, and how it came there.
pub(super) struct Flow {
    pub(super) steps: Vec<CaseStep>,
    pub(super) state: CaseState,
    pub(super) stage: CaseStage,
    pub(super) deadline: Timestamp,
    pub(super) closed: Option<Timestamp>,
    /// When handling was first reported done.
    pub(super) handled: Option<Timestamp>,
}

/// A case on its way: steps are added until the present is reached.
struct Walk<'a> {
    at: Timestamp,
    now: Timestamp,
    steps: Vec<CaseStep>,
    random: &'a mut Pcg64,
}

/// The words and the person of a step.
struct Entry {
    stage: CaseStage,
    action: &'static str,
    opinion: Option<String>,
    operator: String,
    department: String,
    outcome: StepOutcome,
}

impl Walk<'_> {
    /// Adds a step that ends at `end`; false when it still runs, and nothing can follow it.
    fn step(&mut self, entry: Entry, end: Timestamp, deadline: Option<Timestamp>) -> bool {
        let done = end <= self.now;
        self.steps.push(CaseStep {
            stage: entry.stage,
            action: entry.action.into(),
            // What was found or done is written when the step ends.
            opinion: entry.opinion.filter(|_| done),
            operator: entry.operator,
            department: entry.department,
            started: self.at,
            ended: done.then_some(end),
            deadline,
            outcome: if done { entry.outcome } else { StepOutcome::Running },
        });
        self.at = end;
        done
    }

    fn minutes(&mut self, from: f64, to: f64) -> Timestamp {
        self.at.plus_secs((self.random.random_range(from..to) * 60.0) as i64)
    }

    /// A share of a limit that most people keep.
    fn share(&mut self) -> f64 {
        match self.random.random::<f64>() {
            d if d < 0.90 => self.random.random_range(0.08..0.78),
            d if d < 0.95 => self.random.random_range(0.8..1.0),
            d if d < 0.993 => self.random.random_range(1.02..2.2),
            _ => self.random.random_range(3.0..12.0),
        }
    }
}

/// Takes a case of a class from its report to `now`.
pub(super) fn flow(
    class: &Class,
    source: Source,
    local: &Local<'_>,
    reported: Timestamp,
    now: Timestamp,
    random: &mut Pcg64,
) -> Flow {
    // A dictionary limit covers handling; before and after it the centre has its own.
    let deadline = VERIFICATION.after(class.limit.after(DISPATCH.after(FILING.after(reported, 1.0), 1.0), 1.0), 1.0);
    let mut walk = Walk { at: reported, now, steps: Vec::new(), random };
    let (mut state, mut closed, mut handled) = (CaseState::Open, None, None);
    let fate = walk.random.random::<f64>();
    if collect(&mut walk, class, source, local) && file(&mut walk, fate < 0.012) {
        if fate < 0.012 {
            (state, closed) = (CaseState::Void, Some(walk.at));
        } else if dispatch(&mut walk, class, local) {
            if fate < 0.018 {
                suspend(&mut walk, class, local);
                state = CaseState::Suspended;
            } else {
                (handled, closed) = handle(&mut walk, class, local);
                if closed.is_some() {
                    state = CaseState::Closed;
                }
            }
        }
    }
    let stage = walk.steps.last().map_or(CaseStage::Collection, |s| s.stage);
    Flow { steps: walk.steps, state, stage, deadline, closed, handled }
}

fn collect(walk: &mut Walk<'_>, class: &Class, source: Source, local: &Local<'_>) -> bool {
    let (action, operator, department) = match source {
        Source::Inspector => ("上报", local.inspector.to_owned(), SUPERVISION.to_owned()),
        Source::Video => ("智能识别", "视频智能识别".into(), COMMAND.into()),
        Source::Sensor => ("超限上报", "物联感知平台".into(), COMMAND.into()),
        Source::Citizen => {
            let caller = walk.random.random_range(0..1_000_000);
            ("来电登记", people::masked(seat(office::CITIZEN, caller)), "12345政务服务便民热线".into())
        }
        Source::Department => ("批转", class.department.handler(99), class.department.name(local.subdistrict)),
    };
    let end = walk.minutes(2.0, 18.0);
    let entry = Entry {
        stage: CaseStage::Collection,
        action,
        opinion: Some(class.found.into()),
        operator,
        department,
        outcome: StepOutcome::Done,
    };
    walk.step(entry, end, None)
}

fn file(walk: &mut Walk<'_>, void: bool) -> bool {
    // Twelve seats take turns, one shift after the other.
    let shift = (walk.at.0.div_euclid(8 * 3_600_000) % 12) as u64;
    let share = walk.share().min(2.0);
    let (end, deadline) = (FILING.after(walk.at, share), FILING.after(walk.at, 1.0));
    let entry = Entry {
        stage: CaseStage::Filing,
        action: if void { "作废" } else { "受理立案" },
        opinion: Some(if void { "经核实，与已立案件重复，不予立案" } else { "情况属实，予以立案" }.into()),
        operator: people::name(seat(office::ACCEPTANCE, shift)),
        department: SUPERVISION.into(),
        outcome: StepOutcome::Done,
    };
    walk.step(entry, end, Some(deadline))
}

fn dispatch(walk: &mut Walk<'_>, class: &Class, local: &Local<'_>) -> bool {
    let shift = (walk.at.0.div_euclid(8 * 3_600_000) % 8) as u64;
    let share = walk.share().min(2.0);
    let (end, deadline) = (DISPATCH.after(walk.at, share), DISPATCH.after(walk.at, 1.0));
    let entry = Entry {
        stage: CaseStage::Dispatch,
        action: "派遣",
        opinion: Some(format!("请{}处置", class.department.name(local.subdistrict))),
        operator: people::name(seat(office::DISPATCH, shift)),
        department: COMMAND.into(),
        outcome: StepOutcome::Done,
    };
    walk.step(entry, end, Some(deadline))
}

/// The clock stands still (挂账): the step is open and has no limit.
fn suspend(walk: &mut Walk<'_>, class: &Class, local: &Local<'_>) {
    walk.steps.push(CaseStep {
        stage: CaseStage::Handling,
        action: "挂账".into(),
        opinion: Some("涉及产权纠纷，待相关部门会商后处置".into()),
        operator: class.department.handler(local.subdistrict_number),
        department: class.department.name(local.subdistrict),
        started: walk.at,
        ended: None,
        deadline: None,
        outcome: StepOutcome::Running,
    });
}

/// Handling, feedback and verification, again when verification fails; then closing and evaluation. When handling was
/// first done, and when the case was closed.
fn handle(walk: &mut Walk<'_>, class: &Class, local: &Local<'_>) -> (Option<Timestamp>, Option<Timestamp>) {
    let (handler, department) =
        (class.department.handler(local.subdistrict_number), class.department.name(local.subdistrict));
    let rounds = if walk.random.random_bool(0.07) { 1 + walk.random.random_range(1..3) } else { 1 };
    let mut handled = None;
    for round in 1..=rounds {
        let again = round > 1;
        // Doing it again has to be done in half the time.
        let (share, limit_share) = if again { (0.5 * walk.share().min(2.0), 0.5) } else { (walk.share(), 1.0) };
        let (end, deadline) = (class.limit.after(walk.at, share), class.limit.after(walk.at, limit_share));
        let entry = Entry {
            stage: CaseStage::Handling,
            action: if again { "返工处置" } else { "处置" },
            opinion: Some(class.done.into()),
            operator: handler.clone(),
            department: department.clone(),
            outcome: StepOutcome::Done,
        };
        if !walk.step(entry, end, Some(deadline)) {
            return (handled, None);
        }
        handled = handled.or(Some(walk.at));
        let end = walk.minutes(5.0, 40.0);
        let entry = Entry {
            stage: CaseStage::Feedback,
            action: "反馈",
            opinion: Some("处置完毕，申请核查".into()),
            operator: handler.clone(),
            department: department.clone(),
            outcome: StepOutcome::Done,
        };
        if !walk.step(entry, end, None) {
            return (handled, None);
        }
        let share = walk.share().min(1.6);
        let (end, deadline) = (VERIFICATION.after(walk.at, share), VERIFICATION.after(walk.at, 1.0));
        let failed = round < rounds;
        let entry = Entry {
            stage: CaseStage::Closing,
            action: "现场核查",
            opinion: Some(if failed { "问题未彻底解决，退回返工" } else { "核查通过" }.into()),
            operator: local.inspector.into(),
            department: SUPERVISION.into(),
            outcome: if failed { StepOutcome::Rework } else { StepOutcome::Done },
        };
        if !walk.step(entry, end, Some(deadline)) {
            return (handled, None);
        }
    }
    let shift = (walk.at.0.div_euclid(12 * 3_600_000) % 4) as u64;
    let end = walk.minutes(4.0, 45.0);
    let entry = Entry {
        stage: CaseStage::Closing,
        action: "结案",
        opinion: Some("同意结案".into()),
        operator: people::name(seat(office::DUTY, shift)),
        department: SUPERVISION.into(),
        outcome: StepOutcome::Done,
    };
    if !walk.step(entry, end, None) {
        return (handled, None);
    }
    let closed = walk.at;
    let stars = if rounds > 1 { "评价：返工后办结，一般" } else { "评价：满意" };
    let end = closed.plus_secs(60).min(walk.now);
    let entry = Entry {
        stage: CaseStage::Evaluation,
        action: "综合评价",
        opinion: Some(stars.into()),
        operator: "系统".into(),
        department: COMMAND.into(),
        outcome: StepOutcome::Done,
    };
    walk.step(entry, end, None);
    (handled, Some(closed))
}
