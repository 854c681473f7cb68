//! Managed components (部件): hundreds of thousands of them, so each is held as a few numbers and becomes a feature only
//! when it is written.

use super::{Feature, Geometry};
use crate::city::Lamp;
use cim_model::{EntityKey, EntityKind, Place};

/// A class of components (部件小类).
#[derive(Debug, Clone, PartialEq)]
pub struct ComponentClass {
    /// Major and minor class, four digits.
    pub code: String,
    /// Chinese name of the minor class.
    pub name: String,
    /// Chinese name of the major class.
    pub major: String,
    /// Who owns and maintains them (权属单位, 养护单位).
    pub department: String,
    /// What they are made of.
    pub material: String,
    /// Where they are set (设置位置).
    pub set_at: String,
}

impl ComponentClass {
    /// The code of street lamps (路灯; CJ/T 214, traffic facilities and utilities).
    pub const STREET_LAMP: &'static str = "0118";
}

/// State of a component (部件状态).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ComponentState {
    /// 完好.
    Sound,
    /// 破损.
    Damaged,
    /// 丢失.
    Missing,
    /// 废弃.
    Disused,
}

impl ComponentState {
    /// The word of the standard.
    #[must_use]
    pub const fn zh(self) -> &'static str {
        match self {
            Self::Sound => "完好",
            Self::Damaged => "破损",
            Self::Missing => "丢失",
            Self::Disused => "废弃",
        }
    }
}

/// One component.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Component {
    /// Index of its class.
    pub class: u16,
    /// Number within its class, from 1, six digits.
    pub number: u32,
    /// Where it stands.
    pub place: Place,
    /// Degrees clockwise from north that it faces.
    pub heading_deg: u16,
    /// The unit grid cell that it stands in, its 15 digits as a number; 0 for none.
    pub grid: u64,
    /// Index of its street.
    pub street: u32,
    /// Its state.
    pub state: ComponentState,
    /// Year, month and day of the first record, as in `20180403`.
    pub recorded: u32,
    /// The same of the last change.
    pub changed: u32,
}

/// The components of a city.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Components {
    /// GB/T 2260's code of the county-level district, six digits.
    pub county: String,
    /// Who manages them (主管部门).
    pub authority: String,
    /// The classes.
    pub classes: Vec<ComponentClass>,
    /// Names of streets.
    pub streets: Vec<String>,
    /// The components.
    pub list: Vec<Component>,
}

impl Components {
    /// Those that are street lamps, as they are seen: the missing ones are not, and those out of order are dark.
    #[must_use]
    pub fn lamps(&self) -> Vec<Lamp> {
        let is_lamp: Vec<bool> = self.classes.iter().map(|c| c.code == ComponentClass::STREET_LAMP).collect();
        let stands = |c: &&Component| {
            is_lamp.get(usize::from(c.class)).copied().unwrap_or(false) && c.state != ComponentState::Missing
        };
        let lamp = |c: &Component| Lamp {
            place: c.place,
            height_m: Lamp::USUAL_M,
            heading_deg: Some(f32::from(c.heading_deg)),
            is_lit: c.state == ComponentState::Sound,
        };
        self.list.iter().filter(stands).map(lamp).collect()
    }

    /// The key of a component: county, class and number, 16 digits (CJ/T 214); `None` for a class that is not listed.
    #[must_use]
    pub fn key(&self, component: &Component) -> Option<EntityKey> {
        let class = self.classes.get(usize::from(component.class))?;
        Some(EntityKey::new(EntityKind::Component, format!("{}{}{:06}", self.county, class.code, component.number)))
    }

    /// What a person calls a component.
    #[must_use]
    pub fn name(&self, component: &Component) -> String {
        let class = self.classes.get(usize::from(component.class)).map_or("部件", |c| c.name.as_str());
        format!("{class}{:06}", component.number)
    }

    /// The street that a component stands in.
    #[must_use]
    pub fn street(&self, component: &Component) -> &str {
        self.streets.get(component.street as usize).map_or("", String::as_str)
    }

    /// A component with its attributes under the names of GB/T 30428.2's systems.
    #[must_use]
    pub fn feature(&self, component: &Component) -> Option<Feature> {
        let class = self.classes.get(usize::from(component.class))?;
        let date = |d: u32| format!("{:04}-{:02}-{:02}", d / 10_000, d / 100 % 100, d % 100);
        let feature = Feature::new(self.key(component)?, self.name(component), Geometry::Point(component.place))
            .with("class", class.code.clone())
            .with("LargeClass", class.major.clone())
            .with("SmallClass", class.name.clone())
            .with("DeptName1", self.authority.clone())
            .with("DeptName2", class.department.clone())
            .with("DeptName3", class.department.clone())
            .with("ObjState", component.state.zh())
            .with("ORDate", date(component.recorded))
            .with("CHDate", date(component.changed))
            .with("DataSource", "实测")
            .with("LocateDSC", self.street(component))
            .with("SetLoc", class.set_at.clone())
            .with("Material", class.material.clone())
            .with("heading_deg", component.heading_deg);
        Some(if component.grid == 0 { feature } else { feature.with("BGID", format!("{:015}", component.grid)) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_component_has_16_digits_and_the_attributes_of_its_class() {
        let class = ComponentClass {
            code: "0118".into(),
            name: "路灯".into(),
            major: "公用设施".into(),
            department: "路灯处".into(),
            material: "钢".into(),
            set_at: "人行道".into(),
        };
        let one = Component {
            class: 0,
            number: 42,
            place: Place::new(116.5, 35.4),
            heading_deg: 90,
            grid: 370_811_001_001_001,
            street: 0,
            state: ComponentState::Damaged,
            recorded: 20_180_403,
            changed: 20_250_101,
        };
        let all = Components {
            county: "370811".into(),
            authority: "城管局".into(),
            classes: vec![class],
            streets: vec!["太白路".into()],
            list: vec![one],
        };
        let feature = all.feature(&one).unwrap();
        assert_eq!(feature.key.to_string(), "component:3708110118000042");
        for (name, value) in [("BGID", "370811001001001"), ("ObjState", "破损"), ("ORDate", "2018-04-03")] {
            assert_eq!(feature.properties[name], value);
        }
        assert_eq!(all.feature(&Component { class: 7, ..one }), None);
    }
}
