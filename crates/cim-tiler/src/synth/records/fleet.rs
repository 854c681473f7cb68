//! The fleet.

use super::people::{self, office, seat};
use cim_model::{Vehicle, VehicleKind};
use std::collections::BTreeSet;

/// A fleet: how large it is, and whose.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fleet {
    pub(crate) sanitation: usize,
    pub(crate) muck: usize,
    /// What the plates begin with.
    pub(crate) plate: &'static str,
    pub(crate) sanitation_units: &'static [&'static str],
    pub(crate) muck_units: &'static [&'static str],
}

/// The fleet of the reference city.
pub(super) const JINING: Fleet = Fleet {
    sanitation: 417,
    muck: 945,
    plate: "鲁H·",
    sanitation_units: &["任城区环境卫生服务中心", "济宁市环境卫生服务中心", "高新区环卫中心", "太白湖新区环卫中心"],
    muck_units: &[
        "济宁恒通渣土运输有限公司",
        "济宁运河土石方工程有限公司",
        "任城宏远运输有限公司",
        "济宁太白清运有限公司",
        "济宁鲁源建筑垃圾清运有限公司",
        "济宁安泰渣土运输有限公司",
        "济宁顺达土方有限公司",
        "济宁众诚运输有限公司",
        "济宁圣源环保清运有限公司",
    ],
};

/// The vehicles of a fleet. Plates are unlike one another.
pub(crate) fn vehicles(seed: u64, fleet: &Fleet) -> Vec<Vehicle> {
    let front = fleet.plate;
    let mut plates = BTreeSet::new();
    let mut draw = people::spread(seed ^ 0x91a7e);
    let mut plate = || {
        loop {
            draw = people::spread(draw);
            // Letters I and O are not used on plates.
            let letter = char::from(b"ABCDEFGHJKLMNPQRSTUVWXYZ"[(draw >> 40) as usize % 24]);
            let text = match draw % 3 {
                0 => format!("{front}{letter}{:04}", draw / 3 % 10_000),
                1 => format!("{front}{:02}{letter}{:02}", draw / 3 % 100, draw / 300 % 100),
                _ => format!("{front}{:05}", draw / 3 % 100_000),
            };
            if plates.insert(text.clone()) {
                return text;
            }
        }
    };
    let sanitation = (0..fleet.sanitation).map(|i| {
        let kind = match i % 10 {
            0..4 => VehicleKind::Sweeper,
            4..7 => VehicleKind::Sprinkler,
            7..9 => VehicleKind::Compactor,
            _ => VehicleKind::Suction,
        };
        (format!("HW{:04}", i + 1), kind, fleet.sanitation_units[i % fleet.sanitation_units.len()])
    });
    let muck = (0..fleet.muck)
        .map(|i| (format!("ZT{:04}", i + 1), VehicleKind::MuckTruck, fleet.muck_units[i % fleet.muck_units.len()]));
    sanitation
        .chain(muck)
        .enumerate()
        .map(|(i, (id, kind, unit))| Vehicle {
            id,
            plate: plate(),
            kind,
            unit: unit.into(),
            driver: people::masked(seat(office::DRIVER, i as u64)),
        })
        .collect()
}
