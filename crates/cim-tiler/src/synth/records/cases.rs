//! A year of cases.

use super::{
    calendar,
    classes::{About, CLASSES, Class, UNKNOWN},
    flow::{Flow, Local, Source, flow},
    people::{self, office, seat},
    subjects::{Scene, Subject},
};
use cim_model::{Attachment, Case, CaseState, CaseSummary, EntityKind, PhotoKind, Timestamp};
use rand::Rng;
use rand_pcg::Pcg64;
use std::collections::BTreeMap;

const DAY_S: i64 = 86_400;
/// So many of the tallest buildings have a case each: they are what people look at first.
const TALLEST: usize = 200;

/// The cases, oldest first.
pub(super) fn cases(scene: &Scene<'_>) -> Vec<Case> {
    let options = scene.survey.given.options;
    let mut random = scene.survey.random(0xc5);
    let weights: u32 = CLASSES.iter().map(|c| c.weight).sum();
    let about_building: Vec<&Class> = CLASSES.iter().filter(|c| c.about == About::Building).collect();
    let mut cases: Vec<Case> = Vec::with_capacity(options.cases);
    // Every class finds a subject in a city with roads; the bound keeps an empty one from waiting for ever.
    let mut tries = 0;
    while cases.len() < options.cases && tries < 20 * options.cases + 100 {
        tries += 1;
        let tall = scene.tallest.get(cases.len()).filter(|_| cases.len() < TALLEST);
        let (class, subject) = match tall {
            Some(&building) => (about_building[random.random_range(0..about_building.len())], scene.building(building)),
            None => {
                let class = weighted(random.random_range(0..weights));
                (class, scene.draw(class, &mut random))
            }
        };
        let Some(subject) = subject else { continue };
        cases.push(case(scene, class, subject, reported(options.now, &mut random), &mut random));
    }
    number(&mut cases);
    cases
}

fn weighted(dice: u32) -> &'static Class {
    let mut left = dice;
    for class in CLASSES {
        if left < class.weight {
            return class;
        }
        left -= class.weight;
    }
    &CLASSES[0]
}

/// When a case was reported: in daytime for the most part, more of them lately, so that a good number is open.
fn reported(now: Timestamp, random: &mut Pcg64) -> Timestamp {
    if random.random_bool(0.04) {
        return now.plus_secs(-random.random_range(120..2 * DAY_S));
    }
    let day = random.random_range(2..365i64);
    let second =
        if random.random_bool(0.88) { random.random_range(7 * 3600..20 * 3600) } else { random.random_range(0..DAY_S) };
    // Midnight of the civil day, eight hours east of UTC.
    let midnight = (now.0.div_euclid(1000) + 8 * 3600).div_euclid(DAY_S) * DAY_S - 8 * 3600;
    Timestamp((midnight - day * DAY_S + second) * 1000)
}

fn case(scene: &Scene<'_>, class: &Class, subject: Subject, reported: Timestamp, random: &mut Pcg64) -> Case {
    let around = scene.around(subject.at);
    // Beyond the outermost cells a mobile patrol looks after things.
    let patrol = people::name(seat(office::INSPECTOR, 999_999));
    let local = Local {
        inspector: around.cell.map_or(patrol.as_str(), |c| &c.inspector),
        subdistrict: around.cell.map_or("济宁市任城区", |c| &c.subdistrict),
        subdistrict_number: around.cell.map_or(0, |c| c.subdistrict_number),
    };
    let source = match (class.about, random.random_range(0..100)) {
        (About::Sensor(_), _) => Source::Sensor,
        (About::Camera, _) => Source::Video,
        (_, 0..55) if around.cell.is_some() => Source::Inspector,
        (_, 55..75) if around.camera.is_some() => Source::Video,
        (_, 75..95) => Source::Citizen,
        (_, 95..100) => Source::Department,
        _ => Source::Citizen,
    };
    let Flow { steps, state, stage, deadline, closed, handled } =
        flow(class, source, &local, reported, scene.survey.given.options.now, random);
    let mut related: Vec<_> = around.cell.map(super::grid::Cell::key).into_iter().collect();
    related.extend(around.camera.cloned());
    related.extend(around.road.filter(|_| subject.key.kind != EntityKind::Road).cloned());
    related.retain(|key| *key != subject.key);
    // A few are written down without a place, and a few under codes that only this city knows.
    let place = (!random.random_bool(0.004)).then(|| scene.survey.given.site.place(subject.at));
    let (code, name) = if random.random_bool(0.003) {
        UNKNOWN[random.random_range(0..UNKNOWN.len())]
    } else {
        (class.code, class.name)
    };
    let supervised = random.random_bool(if state == CaseState::Open { 0.06 } else { 0.015 });
    let taken = steps.first().and_then(|s| s.ended).unwrap_or(reported);
    let mut attachments = vec![Attachment { kind: PhotoKind::Before, url: String::new(), taken }];
    attachments.extend(handled.map(|taken| Attachment { kind: PhotoKind::After, url: String::new(), taken }));
    Case {
        summary: CaseSummary {
            id: String::new(),
            class: code.into(),
            class_name: name.into(),
            title: format!("{}{}", subject.name, class.found),
            subject: Some(subject.key),
            related,
            place,
            address: subject.address,
            state,
            stage,
            reported,
            deadline: (state != CaseState::Void).then_some(deadline),
            closed,
            supervised,
        },
        source: source.name().into(),
        steps,
        attachments,
    }
}

/// Sorts the cases and gives each its number: district, civil date and the number of the day, 19 digits.
fn number(cases: &mut [Case]) {
    // The sort is stable: of two reports in one second, the one that was made first comes first.
    cases.sort_by_key(|c| c.summary.reported);
    let mut days: BTreeMap<i64, u32> = BTreeMap::new();
    for case in cases {
        let date = calendar::date(case.summary.reported);
        let of_day = days.entry(date).or_default();
        *of_day += 1;
        let id = format!("370811{date}{of_day:05}");
        for attachment in &mut case.attachments {
            let name = if attachment.kind == PhotoKind::Before { "before" } else { "after" };
            attachment.url = format!("/media/cases/{id}/{name}.png");
        }
        case.summary.id = id;
    }
}
