//! The XML of a file, one child of the root at a time.

use crate::{
    TilerError,
    citymodel::{Opened, open},
};
use encoding_rs_io::{DecodeReaderBytes, DecodeReaderBytesBuilder};
use quick_xml::{
    NsReader, XmlVersion,
    escape::resolve_predefined_entity,
    events::{BytesStart, Event},
    name::ResolveResult,
};
use std::{
    io::{BufRead, BufReader, Read},
    path::{Path, PathBuf},
};

/// Deeper nesting is refused: no city model needs it.
const MAX_DEPTH: usize = 200;
/// Bytes in which a declaration of the encoding is looked for.
const HEAD: usize = 200;

/// The vocabulary that a name is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Space {
    Gml,
    /// A module of CityGML.
    City,
    Generics,
    Appearance,
    /// Of an application domain extension, an address, or anything else.
    Other,
}

/// An element with all that is in it. Names are without their prefixes.
#[derive(Debug)]
pub(super) struct Element {
    pub(super) space: Space,
    pub(super) name: String,
    pub(super) attributes: Vec<(String, String)>,
    pub(super) children: Vec<Element>,
    /// Its own text, without the space around it.
    pub(super) text: String,
}

impl Element {
    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|a| a.0 == name).map(|a| a.1.as_str())
    }

    pub(super) fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|c| c.name == name)
    }

    /// What it links to, when it is nothing but a link.
    pub(super) fn link(&self) -> Option<&str> {
        self.attribute("href").filter(|_| self.children.is_empty())
    }
}

type Source = BufReader<DecodeReaderBytes<Box<dyn BufRead>, Vec<u8>>>;

/// A file behind the opening tag of its root.
pub(super) struct Document {
    path: PathBuf,
    reader: NsReader<Source>,
    buffer: Vec<u8>,
    /// The root's opening tag.
    pub(super) root: Element,
    ended: bool,
    /// Where what is read now begins: its byte in the file as UTF-8.
    began: u64,
}

impl Document {
    pub(super) fn open(file: Opened) -> Result<Self, TilerError> {
        let path = file.path.clone();
        let fail = |reason: String| TilerError::Source { path: path.clone(), format: "CityGML", reason };
        let mut reader = NsReader::from_reader(decoded(file).map_err(|e| fail(e.to_string()))?);
        reader.config_mut().expand_empty_elements = true;
        let root = Element {
            space: Space::Other,
            name: String::new(),
            attributes: Vec::new(),
            children: Vec::new(),
            text: String::new(),
        };
        let mut document = Self { path, reader, buffer: Vec::new(), root, ended: false, began: 0 };
        document.begin()?;
        Ok(document)
    }

    /// Reads on to the root.
    fn begin(&mut self) -> Result<(), TilerError> {
        loop {
            self.advance();
            let (space, event) = match self.reader.read_resolved_event_into(&mut self.buffer) {
                Ok(read) => read,
                Err(e) => return Err(self.fail(&e.to_string())),
            };
            match event {
                Event::Start(start) => {
                    let namespace = match &space {
                        ResolveResult::Bound(n) => String::from_utf8_lossy(n.0).into_owned(),
                        _ => String::new(),
                    };
                    let root = match element(space_of(&space), &start) {
                        Ok(root) => root,
                        Err(e) => return Err(self.fail(&e)),
                    };
                    let version = ["/1.0", "/2.0", "/3.0"].iter().any(|v| namespace.ends_with(v));
                    return match root.name.as_str() {
                        "CityModel" if root.space == Space::City && version => {
                            self.root = root;
                            Ok(())
                        }
                        "CityModel" => Err(self
                            .fail(&format!("its version is that of `{namespace}`: CityGML 1.0, 2.0 and 3.0 are read"))),
                        // What a web feature service answers.
                        "FeatureCollection" => {
                            self.root = root;
                            Ok(())
                        }
                        other => Err(self.fail(&format!("its root is <{other}>, not <CityModel>"))),
                    };
                }
                Event::Eof => return Err(self.fail("it holds no element")),
                _ => {}
            }
        }
    }

    /// The next child of the root.
    pub(super) fn next(&mut self) -> Result<Option<Element>, TilerError> {
        let mut stack: Vec<Element> = Vec::new();
        while !self.ended {
            self.advance();
            let (space, event) = match self.reader.read_resolved_event_into(&mut self.buffer) {
                Ok(read) => read,
                Err(e) => return Err(self.fail(&e.to_string())),
            };
            let done = step(&mut stack, space_of(&space), event);
            match done {
                Ok(Step::Inside) => {}
                Ok(Step::Child(child)) => return Ok(Some(child)),
                Ok(Step::End) => self.ended = true,
                Err(reason) => return Err(self.fail(&reason)),
            }
        }
        Ok(None)
    }

    /// Makes room for what comes next.
    fn advance(&mut self) {
        self.buffer.clear();
        self.began = self.reader.buffer_position();
    }

    /// What is wrong with what was read last, with the line: where the parser saw it, or else of the byte that is no UTF-8, or
    /// where it begins.
    fn fail(&self, reason: &str) -> TilerError {
        let seen = Some(self.reader.error_position()).filter(|at| *at > 0);
        let valid = || std::str::from_utf8(&self.buffer).map_or_else(|e| e.valid_up_to(), |_| 0);
        let byte = seen.unwrap_or_else(|| self.began + valid() as u64);
        let reason = format!("line {}: {reason}", line(&self.path, byte));
        TilerError::Source { path: self.path.clone(), format: "CityGML", reason }
    }
}

enum Step {
    Inside,
    Child(Element),
    End,
}

fn step(stack: &mut Vec<Element>, space: Space, event: Event<'_>) -> Result<Step, String> {
    match event {
        Event::Start(start) => {
            if stack.len() == MAX_DEPTH {
                return Err(format!("its elements are nested deeper than {MAX_DEPTH}"));
            }
            stack.push(element(space, &start)?);
        }
        Event::End(_) => {
            let Some(mut done) = stack.pop() else { return Ok(Step::End) };
            let trimmed = done.text.trim();
            if trimmed.len() < done.text.len() {
                done.text = trimmed.to_owned();
            }
            match stack.last_mut() {
                Some(parent) => parent.children.push(done),
                None => return Ok(Step::Child(done)),
            }
        }
        Event::Text(text) => {
            if let Some(at) = stack.last_mut() {
                at.text += &text.xml_content(XmlVersion::Implicit1_0).map_err(|_| "it is not UTF-8".to_owned())?;
            }
        }
        Event::CData(text) => {
            if let Some(at) = stack.last_mut() {
                at.text += &text.xml_content(XmlVersion::Implicit1_0).map_err(|_| "it is not UTF-8".to_owned())?;
            }
        }
        Event::GeneralRef(entity) => {
            let unknown = || format!("the entity `&{};` is not known", String::from_utf8_lossy(&entity));
            let name = entity.decode().map_err(|_| unknown())?;
            let text = match entity.resolve_char_ref() {
                Ok(Some(c)) => c.to_string(),
                Ok(None) => resolve_predefined_entity(&name).ok_or_else(unknown)?.to_owned(),
                Err(_) => return Err(unknown()),
            };
            if let Some(at) = stack.last_mut() {
                at.text += &text;
            }
        }
        Event::Eof => {
            let inside = stack.last().map_or_else(|| "its root".to_owned(), |e| format!("<{}>", e.name));
            return Err(format!("it ends inside {inside}: it was cut off"));
        }
        _ => {}
    }
    Ok(Step::Inside)
}

fn element(space: Space, start: &BytesStart<'_>) -> Result<Element, String> {
    let text = |bytes: &[u8]| std::str::from_utf8(bytes).map(str::to_owned).map_err(|_| "it is not UTF-8".to_owned());
    let mut attributes = Vec::new();
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|e| e.to_string())?;
        if attribute.key.as_namespace_binding().is_some() {
            continue;
        }
        let value = attribute.normalized_value(XmlVersion::Implicit1_0).map_err(|e| e.to_string())?;
        attributes.push((text(attribute.key.local_name().as_ref())?, value.into_owned()));
    }
    Ok(Element {
        space,
        name: text(start.local_name().as_ref())?,
        attributes,
        children: Vec::new(),
        text: String::new(),
    })
}

fn space_of(resolved: &ResolveResult<'_>) -> Space {
    let ResolveResult::Bound(namespace) = resolved else { return Space::Other };
    match namespace.0 {
        n if n.starts_with(b"http://www.opengis.net/gml") => Space::Gml,
        n if n.starts_with(b"http://www.opengis.net/citygml/generics") => Space::Generics,
        n if n.starts_with(b"http://www.opengis.net/citygml/appearance") => Space::Appearance,
        n if n.starts_with(b"http://www.opengis.net/citygml/") => Space::City,
        _ => Space::Other,
    }
}

/// The file as UTF-8: marked as UTF-16, declared as something else (GBK, ISO 8859-1), or UTF-8 as it is.
fn decoded(mut file: Opened) -> std::io::Result<Source> {
    let head = file.reader.fill_buf()?;
    let head = String::from_utf8_lossy(&head[..head.len().min(HEAD)]).into_owned();
    let declared = head.split_once("?>").and_then(|(declaration, _)| {
        let (_, after) = declaration.split_once("encoding")?;
        let value = after.trim_start_matches([' ', '=']);
        value.get(1..)?.split(['"', '\'']).next().map(str::to_owned)
    });
    let encoding = declared.and_then(|name| encoding_rs::Encoding::for_label(name.as_bytes()));
    // UTF-8 passes as it is, so that damage is seen and not smoothed over.
    let encoding = encoding.filter(|e| *e != encoding_rs::UTF_8 && e.is_ascii_compatible());
    let reader =
        DecodeReaderBytesBuilder::new().encoding(encoding).utf8_passthru(true).strip_bom(true).build(file.reader);
    Ok(BufReader::with_capacity(1 << 16, reader))
}

/// The number of the line, from 1, that holds a byte of the file as UTF-8. Reads the file anew: for messages.
fn line(path: &Path, byte: u64) -> usize {
    let Ok(Ok(file)) = open(path).map(decoded) else { return 1 };
    let (mut before, mut number) = (file.take(byte), 1);
    loop {
        let n = match before.fill_buf() {
            Ok([]) | Err(_) => return number,
            Ok(part) => {
                number += part.iter().filter(|b| **b == b'\n').count();
                part.len()
            }
        };
        before.consume(n);
    }
}
