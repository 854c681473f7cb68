//! The elements of a `.osm.pbf`.

use super::elements::{Pass, Sink};
use osmpbf::{Element, ElementReader, RelMemberType};
use std::{
    io::Read,
    panic::{AssertUnwindSafe, catch_unwind},
};

/// Hands the elements of a pass to the sink; else what is wrong with the file.
pub(super) fn pass(file: impl Read + Send, pass: Pass, sink: &mut dyn Sink) -> Result<(), String> {
    let each = |element: Element<'_>| match (pass, element) {
        (Pass::Nodes, Element::Node(n)) => sink.node(n.id(), n.lon(), n.lat(), &mut n.tags()),
        (Pass::Nodes, Element::DenseNode(n)) => sink.node(n.id(), n.lon(), n.lat(), &mut n.tags()),
        (Pass::Ways, Element::Way(w)) => sink.way(w.id(), &mut w.refs(), &mut w.tags()),
        (Pass::Relations, Element::Relation(r)) => {
            let ways = r.members().filter(|m| m.member_type == RelMemberType::Way);
            let mut ways = ways.map(|m| (m.member_id, m.role().is_ok_and(|role| role == "inner")));
            sink.relation(r.id(), &mut ways, &mut r.tags());
        }
        _ => {}
    };
    let reader = ElementReader::new(file);
    // The decoder checks lengths and compression, but adds up deltas and looks up words of a damaged block unchecked.
    match catch_unwind(AssertUnwindSafe(|| reader.for_each(each))) {
        Ok(Ok(())) => Ok(()),
        Ok(Err(e)) => Err(e.to_string()),
        Err(_) => Err("a block holds numbers that contradict one another".into()),
    }
}
