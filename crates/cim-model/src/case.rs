//! Cases (案件): what happened to something, stage by stage.

use crate::{EntityKey, EntityKind, Place, Timestamp};
use serde::{Deserialize, Serialize};

/// The seven stages of a case (案件闭环), in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CaseStage {
    /// 1 信息收集.
    Collection,
    /// 2 案件建立.
    Filing,
    /// 3 任务派遣.
    Dispatch,
    /// 4 任务处理.
    Handling,
    /// 5 处理反馈.
    Feedback,
    /// 6 核查结案.
    Closing,
    /// 7 综合评价.
    Evaluation,
}

impl CaseStage {
    /// All seven, in order.
    pub const ALL: [Self; 7] = [
        Self::Collection,
        Self::Filing,
        Self::Dispatch,
        Self::Handling,
        Self::Feedback,
        Self::Closing,
        Self::Evaluation,
    ];

    /// Chinese name.
    #[must_use]
    pub const fn zh(self) -> &'static str {
        match self {
            Self::Collection => "信息收集",
            Self::Filing => "案件建立",
            Self::Dispatch => "任务派遣",
            Self::Handling => "任务处理",
            Self::Feedback => "处理反馈",
            Self::Closing => "核查结案",
            Self::Evaluation => "综合评价",
        }
    }

    /// English name.
    #[must_use]
    pub const fn en(self) -> &'static str {
        match self {
            Self::Collection => "Collection",
            Self::Filing => "Filing",
            Self::Dispatch => "Dispatch",
            Self::Handling => "Handling",
            Self::Feedback => "Feedback",
            Self::Closing => "Verification & closing",
            Self::Evaluation => "Evaluation",
        }
    }
}

/// Whether a case is still running, and how it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CaseState {
    /// Running.
    Open,
    /// Suspended (挂账): the clock stands still.
    Suspended,
    /// Closed (结案).
    Closed,
    /// Void (作废).
    Void,
}

/// The traffic light of a case: elapsed time against the limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CaseLight {
    /// Up to 80 % of the limit.
    Green,
    /// 80 to 100 %.
    Yellow,
    /// Past the limit.
    Red,
}

/// How a step ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepOutcome {
    /// Still running.
    Running,
    /// Done and passed on.
    Done,
    /// Sent back to be done again (返工).
    Rework,
}

/// One step of a case's history (`case_flow_record`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CaseStep {
    /// The stage that the step belongs to.
    pub stage: CaseStage,
    /// What was done, in the words of the source.
    pub action: String,
    /// What the person wrote, if anything.
    pub opinion: Option<String>,
    /// Who did it.
    pub operator: String,
    /// Their department.
    pub department: String,
    /// When the step began.
    pub started: Timestamp,
    /// When it ended; `None` while it runs.
    pub ended: Option<Timestamp>,
    /// Until when it had to end, as the backend computed it from the work calendar.
    pub deadline: Option<Timestamp>,
    /// How it ended.
    pub outcome: StepOutcome,
}

impl CaseStep {
    /// Seconds the step took, or has taken until `now`.
    #[must_use]
    pub fn duration_secs(&self, now: Timestamp) -> f64 {
        self.ended.unwrap_or(now).secs_since(self.started)
    }

    /// Whether the step ended, or stands at `now`, past its limit. `None` without a limit.
    #[must_use]
    pub fn overdue(&self, now: Timestamp) -> Option<bool> {
        self.deadline.map(|limit| self.ended.unwrap_or(now) > limit)
    }
}

/// What a picture of a case shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PhotoKind {
    /// Before handling (`handle_before`).
    Before,
    /// After handling (`handle_after`).
    After,
    /// Any other.
    Other,
}

/// A picture that belongs to a case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Attachment {
    /// What it shows.
    pub kind: PhotoKind,
    /// Where it is, relative to the backend's root or absolute.
    pub url: String,
    /// When it was taken.
    pub taken: Timestamp,
}

/// A case without its history: what a list shows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CaseSummary {
    /// Case number: opaque.
    pub id: String,
    /// Class code of the city's dictionary; opaque, may be unknown here.
    pub class: String,
    /// Class name in Chinese.
    pub class_name: String,
    /// What was found.
    pub title: String,
    /// What it is about: the building, road, vehicle, ...; `None` when only a place is known.
    pub subject: Option<EntityKey>,
    /// Everything else that it belongs to: the camera or alert that raised it, its unit grid, its road.
    pub related: Vec<EntityKey>,
    /// Where; `None` when nobody recorded it.
    pub place: Option<Place>,
    /// Address in words.
    pub address: String,
    /// Running or how it ended.
    pub state: CaseState,
    /// Where it stands.
    pub stage: CaseStage,
    /// When it was reported.
    pub reported: Timestamp,
    /// Until when it has to be handled.
    pub deadline: Option<Timestamp>,
    /// When it was closed.
    pub closed: Option<Timestamp>,
    /// Supervised (督办).
    pub supervised: bool,
}

impl CaseSummary {
    /// The case's key.
    #[must_use]
    pub fn key(&self) -> EntityKey {
        EntityKey::new(EntityKind::Case, self.id.clone())
    }

    /// The traffic light at `now`; `None` without a limit.
    #[must_use]
    pub fn light(&self, now: Timestamp) -> Option<CaseLight> {
        let limit = self.deadline?.secs_since(self.reported).max(1.0);
        let share = self.closed.unwrap_or(now).secs_since(self.reported) / limit;
        Some(if share > 1.0 {
            CaseLight::Red
        } else if share > 0.8 {
            CaseLight::Yellow
        } else {
            CaseLight::Green
        })
    }
}

/// A case with its history.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Case {
    /// What a list shows.
    pub summary: CaseSummary,
    /// Where it came from (来源), as the source wrote it.
    pub source: String,
    /// The steps, oldest first.
    pub steps: Vec<CaseStep>,
    /// Pictures.
    pub attachments: Vec<Attachment>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_light_follows_the_share_of_the_limit() {
        let t0 = Timestamp(0);
        let mut case = CaseSummary {
            id: "1".into(),
            class: "0102".into(),
            class_name: "暴露垃圾".into(),
            title: String::new(),
            subject: None,
            related: vec![],
            place: None,
            address: String::new(),
            state: CaseState::Open,
            stage: CaseStage::Handling,
            reported: t0,
            deadline: Some(t0.plus_secs(100)),
            closed: None,
            supervised: false,
        };
        assert_eq!(case.light(t0.plus_secs(80)), Some(CaseLight::Green));
        assert_eq!(case.light(t0.plus_secs(81)), Some(CaseLight::Yellow));
        assert_eq!(case.light(t0.plus_secs(101)), Some(CaseLight::Red));
        case.closed = Some(t0.plus_secs(10));
        assert_eq!(case.light(t0.plus_secs(101)), Some(CaseLight::Green));
        case.deadline = None;
        assert_eq!(case.light(t0), None);
    }
}
