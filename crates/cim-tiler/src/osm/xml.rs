//! The elements of a `.osm`, the XML that OpenStreetMap itself, Overpass and JOSM write.

use super::elements::{Pass, Sink};
use quick_xml::{
    Reader, XmlVersion,
    events::{BytesStart, Event},
};
use std::{io::BufRead, str::FromStr};

/// What is wrong with a file, and behind which of its bytes.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) byte: u64,
    pub(super) reason: String,
}

/// Hands the elements of a pass to the sink.
pub(super) fn pass(file: impl BufRead, pass: Pass, sink: &mut dyn Sink) -> Result<(), Fault> {
    let mut reader = Reader::from_reader(file);
    let mut buffer = Vec::new();
    let mut document = Document { pass, depth: 0, open: None };
    loop {
        buffer.clear();
        let event = match reader.read_event_into(&mut buffer) {
            Ok(event) => event,
            Err(e) => return Err(Fault { byte: reader.error_position(), reason: e.to_string() }),
        };
        match document.event(event, sink) {
            Ok(Step::On) => {}
            Ok(Step::End) => return Ok(()),
            Err(reason) => return Err(Fault { byte: reader.buffer_position(), reason }),
        }
    }
}

enum Step {
    On,
    End,
}

/// Where in the document the reader is.
struct Document {
    pass: Pass,
    /// Elements around the next one.
    depth: usize,
    open: Option<Open>,
}

/// An element of the pass, of which the end is not read yet.
#[derive(Default)]
struct Open {
    id: i64,
    /// Degrees east and north, of a node.
    at: Option<[f64; 2]>,
    nodes: Vec<i64>,
    ways: Vec<(i64, bool)>,
    tags: Vec<(String, String)>,
}

impl Document {
    fn event(&mut self, event: Event<'_>, sink: &mut dyn Sink) -> Result<Step, String> {
        match event {
            Event::Start(start) => {
                self.start(&start)?;
                self.depth += 1;
            }
            Event::Empty(start) => {
                self.start(&start)?;
                self.end(sink);
                if self.depth == 0 {
                    return Ok(Step::End);
                }
            }
            Event::End(_) => {
                // The reader knows that a start came before.
                self.depth = self.depth.saturating_sub(1);
                self.end(sink);
                if self.depth == 0 {
                    return Ok(Step::End);
                }
            }
            Event::Eof if self.depth == 0 => return Err("it holds no element".into()),
            Event::Eof => return Err("it ends before </osm>: it was cut off".into()),
            _ => {}
        }
        Ok(Step::On)
    }

    fn start(&mut self, start: &BytesStart<'_>) -> Result<(), String> {
        let name = start.local_name();
        match self.depth {
            0 => match name.as_ref() {
                b"osm" => Ok(()),
                b"osmChange" => Err("it is a change of a map (<osmChange>), not a map: apply it to one first".into()),
                other => Err(format!("its root is <{}>, not <osm>", String::from_utf8_lossy(other))),
            },
            1 => {
                let wanted: &[u8] = match self.pass {
                    Pass::Nodes => b"node",
                    Pass::Ways => b"way",
                    Pass::Relations => b"relation",
                };
                if name.as_ref() == wanted {
                    self.open = element(start)?;
                }
                Ok(())
            }
            2 => match &mut self.open {
                Some(open) => open.child(start),
                None => Ok(()),
            },
            _ => Ok(()),
        }
    }

    /// An element ended that lay at the current depth.
    fn end(&mut self, sink: &mut dyn Sink) {
        if self.depth != 1 {
            return;
        }
        let Some(open) = self.open.take() else { return };
        let mut tags = open.tags.iter().map(|(k, v)| (k.as_str(), v.as_str()));
        match self.pass {
            Pass::Nodes => {
                if let Some([lon, lat]) = open.at {
                    sink.node(open.id, lon, lat, &mut tags);
                }
            }
            Pass::Ways => sink.way(open.id, &mut open.nodes.iter().copied(), &mut tags),
            Pass::Relations => sink.relation(open.id, &mut open.ways.iter().copied(), &mut tags),
        }
    }
}

/// What an element begins with; `None` for one that was deleted and is only remembered.
fn element(start: &BytesStart<'_>) -> Result<Option<Open>, String> {
    let (mut id, mut lon, mut lat) = (None, None, None);
    for (name, value) in attributes(start) {
        let value = value?;
        match name {
            b"id" => id = Some(number(start, "id", &value)?),
            b"lon" => lon = Some(number::<f64>(start, "lon", &value)?),
            b"lat" => lat = Some(number::<f64>(start, "lat", &value)?),
            b"visible" if value == "false" => return Ok(None),
            b"action" if value == "delete" => return Ok(None),
            _ => {}
        }
    }
    let id = id.ok_or_else(|| missing(start, "id"))?;
    // OpenStreetMap counts in steps of 1e-7 degrees; the same numbers as the protocol buffers have come out of them.
    let place = |degrees: f64| 1e-9 * ((degrees * 1e7).round() * 100.0);
    let at = lon.zip(lat).map(|(lon, lat)| [place(lon), place(lat)]);
    Ok(Some(Open { id, at, ..Open::default() }))
}

impl Open {
    fn child(&mut self, start: &BytesStart<'_>) -> Result<(), String> {
        match start.local_name().as_ref() {
            b"tag" => {
                let [mut key, mut text] = [None, None];
                for (name, value) in attributes(start) {
                    let value = value?;
                    match name {
                        b"k" => key = Some(value),
                        b"v" => text = Some(value),
                        _ => {}
                    }
                }
                self.tags.push((key.ok_or_else(|| missing(start, "k"))?, text.ok_or_else(|| missing(start, "v"))?));
            }
            b"nd" => {
                let mut node = None;
                for (name, value) in attributes(start) {
                    let value = value?;
                    if name == b"ref" {
                        node = Some(number(start, "ref", &value)?);
                    }
                }
                self.nodes.push(node.ok_or_else(|| missing(start, "ref"))?);
            }
            b"member" => {
                let (mut is_way, mut is_inner, mut way) = (false, false, None);
                for (name, value) in attributes(start) {
                    let value = value?;
                    match name {
                        b"type" => is_way = value == "way",
                        b"role" => is_inner = value == "inner",
                        b"ref" => way = Some(number(start, "ref", &value)?),
                        _ => {}
                    }
                }
                let way = way.ok_or_else(|| missing(start, "ref"))?;
                if is_way {
                    self.ways.push((way, is_inner));
                }
            }
            _ => {}
        }
        Ok(())
    }
}

/// Names and values.
fn attributes<'a>(start: &'a BytesStart<'_>) -> impl Iterator<Item = (&'a [u8], Result<String, String>)> {
    start.attributes().map(|attribute| match attribute {
        Ok(a) => {
            let value = a.normalized_value(XmlVersion::Implicit1_0);
            (a.key.into_inner(), value.map(std::borrow::Cow::into_owned).map_err(|e| e.to_string()))
        }
        Err(e) => (b"".as_slice(), Err(e.to_string())),
    })
}

fn missing(start: &BytesStart<'_>, attribute: &str) -> String {
    format!("a <{}> has no `{attribute}`", String::from_utf8_lossy(start.local_name().as_ref()))
}

fn number<T: FromStr>(start: &BytesStart<'_>, attribute: &str, value: &str) -> Result<T, String> {
    value.trim().parse().map_err(|_| {
        let name = String::from_utf8_lossy(start.local_name().as_ref()).into_owned();
        let shown: String = value.chars().take(40).collect();
        format!("`{attribute}` of a <{name}> is `{shown}`, which is no number that it may have")
    })
}
