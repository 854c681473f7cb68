//! Case history: what has happened to the selected thing, and the one case that is open.

mod book;

pub use book::{CaseBook, History, OpenCase};

use crate::{
    camera::FlyTo,
    feed::{FeedEvent, Request},
    pick::{PickSystems, Selection},
    scene::SiteGeo,
};
use bevy::prelude::*;
use cim_model::{ClassDictionary, EntityKind};

/// Asks to open a case, by its number; `None` closes the open one.
#[derive(Message, Debug, Clone)]
pub struct OpenCaseRequest(pub Option<String>);

/// What the codes of cases and alerts mean: the standard's classes, and those that the backend adds.
#[derive(Resource, Debug, Clone, PartialEq, Eq)]
pub struct Classes(pub ClassDictionary);

impl Default for Classes {
    fn default() -> Self {
        Self(ClassDictionary::standard())
    }
}

/// Keeps the [`CaseBook`] in step with the selection and the feed.
pub struct CasesPlugin;

impl Plugin for CasesPlugin {
    fn build(&self, app: &mut App) {
        app.init_resource::<CaseBook>()
            .init_resource::<Classes>()
            .add_message::<OpenCaseRequest>()
            .add_message::<FeedEvent>()
            .add_message::<Request>()
            .add_message::<FlyTo>()
            .init_resource::<Selection>()
            .init_resource::<SiteGeo>()
            .add_systems(Update, (follow_selection, open, receive).chain().after(PickSystems));
    }
}

/// A new selection starts a new history; the pick plugin has asked for its cases.
fn follow_selection(selection: Res<Selection>, mut book: ResMut<CaseBook>, mut ask: MessageWriter<OpenCaseRequest>) {
    let key = selection.current.as_ref().map(|p| &p.key);
    if key == book.key() {
        return;
    }
    if let Some(key) = key.filter(|k| k.kind == EntityKind::Case) {
        ask.write(OpenCaseRequest(Some(key.id.clone())));
    }
    book.begin(key.cloned());
}

/// Opens a case: asks for its steps and flies to where it happened.
fn open(
    mut asked: MessageReader<OpenCaseRequest>,
    mut book: ResMut<CaseBook>,
    mut requests: MessageWriter<Request>,
    mut fly: MessageWriter<FlyTo>,
    site: Res<SiteGeo>,
) {
    for OpenCaseRequest(id) in asked.read() {
        match id {
            None => book.close_case(),
            Some(id) => {
                let place = book.summary(id).and_then(|c| c.place).filter(|p| p.is_plausible());
                if let Some(place) = place {
                    fly.write(FlyTo {
                        target: Some(site.position(place, 0.0)),
                        distance_m: Some(450.0),
                        secs: 1.5,
                        ..default()
                    });
                }
                book.open_case(id.clone());
                requests.write(Request::Case(id.clone()));
            }
        }
    }
}

fn receive(
    mut events: MessageReader<FeedEvent>,
    mut book: ResMut<CaseBook>,
    mut classes: ResMut<Classes>,
    mut requests: MessageWriter<Request>,
) {
    for event in events.read() {
        match event {
            FeedEvent::CaseList { key, total, cases } => book.set_history(key, *total, cases.clone()),
            FeedEvent::Case(case) => {
                let wanted = if book.set_case(case) { case.attachments.as_slice() } else { &[] };
                requests.write_batch(wanted.iter().map(|a| Request::Image(a.url.clone())));
            }
            FeedEvent::Classes(list) => classes.0.extend(list.iter().cloned()),
            FeedEvent::Image { url, bytes } => book.set_image(url, bytes),
            FeedEvent::Failed { request, message } => book.fail(request, message),
            FeedEvent::Live(envelope) => {
                if let cim_model::live::Body::Cases(cases) = &envelope.body {
                    let open = cases.iter().filter(|c| book.update(c)).map(|c| c.id.clone()).collect::<Vec<_>>();
                    requests.write_batch(open.into_iter().map(Request::Case));
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests;
