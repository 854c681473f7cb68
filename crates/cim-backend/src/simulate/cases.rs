//! Cases that alerts become, and how they go on.

use crate::server::Shared;
use cim_model::{
    Alert, Case, CaseStage, CaseState, CaseStep, CaseSummary, EntityKey, EntityKind, StepOutcome, Timestamp,
};
use rand::{Rng, seq::IndexedRandom};
use rand_pcg::Pcg64;
use std::sync::Arc;

/// Cases that are worked on at a time.
const DESK: usize = 400;
/// Seconds that a stage takes in the demo; in a city it is hours.
const STAGE_SECS: std::ops::Range<f64> = 25.0..160.0;

const HANDLERS: [(&str, &str); 6] = [
    ("王**", "任城区城管执法大队"),
    ("李**", "高新区环卫处"),
    ("张**", "太白湖新区综合执法局"),
    ("刘**", "市政设施养护中心"),
    ("陈**", "古槐街道办事处"),
    ("赵**", "金城街道办事处"),
];

struct Running {
    case: Case,
    /// Seconds until the stage is done.
    left_secs: f64,
}

/// The people who work on cases.
pub(super) struct Office {
    desk: Vec<Running>,
    last: Timestamp,
}

impl Office {
    pub(super) async fn new(shared: &Arc<Shared>) -> Self {
        let own = |c: &Case| c.summary.id.starts_with("AI");
        let open = shared.with_store(|s| s.open_cases(DESK)).await.unwrap_or_default();
        let desk = open.into_iter().filter(own).map(|case| Running { case, left_secs: STAGE_SECS.end }).collect();
        Self { desk, last: shared.now() }
    }

    /// Cases that changed: those that `alerts` become, and those that reached another stage.
    pub(super) fn step(&mut self, alerts: &[Alert], now: Timestamp, random: &mut Pcg64) -> Vec<Case> {
        let passed = now.secs_since(self.last).max(0.0);
        self.last = now;
        let mut changed = Vec::new();
        for alert in alerts {
            if self.desk.len() < DESK && random.random_bool(0.6) {
                let case = begin(alert, now);
                changed.push(case.clone());
                self.desk.push(Running { case, left_secs: random.random_range(STAGE_SECS) });
            }
        }
        for running in &mut self.desk {
            running.left_secs -= passed;
            if running.left_secs <= 0.0 {
                advance(&mut running.case, now, random);
                running.left_secs = random.random_range(STAGE_SECS);
                changed.push(running.case.clone());
            }
        }
        self.desk.retain(|r| r.case.summary.state == CaseState::Open);
        changed
    }
}

fn begin(alert: &Alert, now: Timestamp) -> Case {
    let id = format!("AI{}", alert.id);
    let mut related = vec![alert.key()];
    related.extend(alert.grid.iter().map(|g| EntityKey::new(EntityKind::Grid, g.clone())));
    let step = |stage, action: &str, operator: &str, ended| CaseStep {
        stage,
        action: action.into(),
        opinion: None,
        operator: operator.into(),
        department: "市城市运行管理服务中心".into(),
        started: now,
        ended,
        deadline: Some(now.plus_secs(600)),
        outcome: if ended.is_some() { StepOutcome::Done } else { StepOutcome::Running },
    };
    Case {
        summary: CaseSummary {
            id,
            class: alert.class.clone(),
            class_name: alert.class_name.clone(),
            title: format!("{}（智能识别）", alert.class_name),
            subject: Some(alert.source.clone()),
            related,
            place: alert.place,
            address: String::new(),
            state: CaseState::Open,
            stage: CaseStage::Filing,
            reported: alert.time,
            deadline: Some(now.plus_secs(1200)),
            closed: None,
            supervised: false,
        },
        source: "智能识别".into(),
        steps: vec![
            step(CaseStage::Collection, "智能上报", "AI识别", Some(now)),
            step(CaseStage::Filing, "受理立案", "坐席员 孙**", None),
        ],
        attachments: Vec::new(),
    }
}

/// Ends the running step and begins the next stage.
fn advance(case: &mut Case, now: Timestamp, random: &mut Pcg64) {
    let Some(last) = case.steps.last_mut() else { return };
    last.ended = Some(now);
    last.outcome = StepOutcome::Done;
    let at = CaseStage::ALL.iter().position(|s| *s == case.summary.stage).unwrap_or(0);
    let Some(&stage) = CaseStage::ALL.get(at + 1) else {
        case.summary.state = CaseState::Closed;
        case.summary.closed = Some(now);
        return;
    };
    case.summary.stage = stage;
    let &(handler, unit) = HANDLERS.choose(random).unwrap_or(&HANDLERS[0]);
    let (action, operator, department) = match stage {
        CaseStage::Dispatch => ("派遣至责任单位", "派遣员 周**", "市城市运行管理服务中心"),
        CaseStage::Handling => ("现场处置", handler, unit),
        CaseStage::Feedback => ("处置完成，上传照片", handler, unit),
        CaseStage::Closing => ("核查通过，结案", "核查员 吴**", "市城市运行管理服务中心"),
        _ => ("综合评价", "系统", "市城市运行管理服务中心"),
    };
    case.steps.push(CaseStep {
        stage,
        action: action.into(),
        opinion: None,
        operator: operator.into(),
        department: department.into(),
        started: now,
        ended: None,
        deadline: Some(now.plus_secs(120)),
        outcome: StepOutcome::Running,
    });
    let photo = |kind, name: &str| cim_model::Attachment {
        kind,
        url: format!("/media/cases/{}/{name}.png", case.summary.id),
        taken: now,
    };
    match stage {
        CaseStage::Handling => case.attachments.push(photo(cim_model::PhotoKind::Before, "before")),
        CaseStage::Feedback => case.attachments.push(photo(cim_model::PhotoKind::After, "after")),
        _ => {}
    }
}
