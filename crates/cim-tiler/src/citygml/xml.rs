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
use smol_str::SmolStr;
use std::{
    io::{BufRead, BufReader, Read},
    path::{Path, PathBuf},
};

/// Deeper nesting is refused: no city model needs it.
pub(super) const MAX_DEPTH: usize = 200;
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

/// An element with all that is in it. Names are without their prefixes; nearly all of them are short enough to need no
/// memory of their own.
#[derive(Debug)]
pub(super) struct Element {
    pub(super) space: Space,
    pub(super) name: SmolStr,
    pub(super) attributes: Vec<(SmolStr, String)>,
    pub(super) children: Vec<Element>,
    /// Its own text, without the space around it.
    pub(super) text: String,
}

impl Element {
    fn none() -> Self {
        let (attributes, children) = (Vec::new(), Vec::new());
        Self { space: Space::Other, name: SmolStr::default(), attributes, children, text: String::new() }
    }

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

/// A file as UTF-8.
pub(super) type Source = BufReader<DecodeReaderBytes<Box<dyn BufRead + Send>, Vec<u8>>>;

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
        let mut document = Self { path, reader, buffer: Vec::new(), root: Element::none(), ended: false, began: 0 };
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
                    let root = root(&space, &start);
                    self.root = root.map_err(|reason| self.fail(&reason))?;
                    return Ok(());
                }
                Event::Eof => return Err(self.fail("it holds no element")),
                _ => {}
            }
        }
    }

    /// The next child of the root.
    pub(super) fn next(&mut self) -> Result<Option<Element>, TilerError> {
        let mut stack = Stack::default();
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

/// The opening tag of the root, which says what the file is.
fn root(space: &ResolveResult<'_>, start: &BytesStart<'_>) -> Result<Element, String> {
    let namespace = match space {
        ResolveResult::Bound(n) => String::from_utf8_lossy(n.0).into_owned(),
        _ => String::new(),
    };
    let root = element(space_of(space), start)?;
    let version = ["/1.0", "/2.0", "/3.0"].iter().any(|v| namespace.ends_with(v));
    match root.name.as_str() {
        "CityModel" if root.space == Space::City && version => Ok(root),
        "CityModel" => Err(format!("its version is that of `{namespace}`: CityGML 1.0, 2.0 and 3.0 are read")),
        // What a web feature service answers.
        "FeatureCollection" => Ok(root),
        other => Err(format!("its root is <{other}>, not <CityModel>")),
    }
}

/// Some children of a root behind its opening tag, all of them whole.
pub(super) struct Fragment<'a> {
    reader: NsReader<&'a [u8]>,
    /// The root's opening tag.
    pub(super) root: Element,
    /// Whether the root ended here.
    pub(super) ended: bool,
}

impl<'a> Fragment<'a> {
    /// `None` where it does not begin with a root that can be read.
    pub(super) fn open(text: &'a [u8]) -> Option<Self> {
        let mut reader = NsReader::from_reader(text);
        reader.config_mut().expand_empty_elements = true;
        loop {
            match reader.read_resolved_event() {
                Ok((space, Event::Start(start))) => {
                    let root = root(&space, &start).ok()?;
                    return Some(Self { reader, root, ended: false });
                }
                Ok((_, Event::Eof)) | Err(_) => return None,
                Ok(_) => {}
            }
        }
    }

    /// Hands over the children one after the other; `None` when there is anything but whole ones.
    pub(super) fn each(&mut self, mut child: impl FnMut(Element)) -> Option<()> {
        let mut stack = Stack::default();
        while !self.ended {
            let event = self.reader.read_event().ok()?;
            let space = match &event {
                Event::Eof if stack.open.is_empty() => return Some(()),
                Event::Start(start) => space_of(&self.reader.resolver().resolve_element(start.name()).0),
                _ => Space::Other,
            };
            match step(&mut stack, space, event).ok()? {
                Step::Inside => {}
                Step::Child(whole) => child(whole),
                Step::End => self.ended = true,
            }
        }
        Some(())
    }
}

enum Step {
    Inside,
    Child(Element),
    End,
}

/// Elements that are open, and their children so far.
#[derive(Default)]
struct Stack {
    /// Each with how many of `children` are not its own.
    open: Vec<(Element, usize)>,
    children: Vec<Element>,
}

impl Stack {
    fn last_mut(&mut self) -> Option<&mut Element> {
        self.open.last_mut().map(|(element, _)| element)
    }

    /// Whether there is no text yet where one would be put.
    fn is_blank(&self) -> bool {
        self.open.last().is_none_or(|(element, _)| element.text.is_empty())
    }

    fn pop(&mut self) -> Option<Element> {
        let (mut element, before) = self.open.pop()?;
        element.children = self.children.split_off(before);
        Some(element)
    }
}

fn step(stack: &mut Stack, space: Space, event: Event<'_>) -> Result<Step, String> {
    match event {
        Event::Start(start) => {
            if stack.open.len() == MAX_DEPTH {
                return Err(format!("its elements are nested deeper than {MAX_DEPTH}"));
            }
            stack.open.push((element(space, &start)?, stack.children.len()));
        }
        Event::End(_) => {
            let Some(mut done) = stack.pop() else { return Ok(Step::End) };
            let trimmed = done.text.trim();
            if trimmed.len() < done.text.len() {
                done.text = trimmed.to_owned();
            }
            if stack.open.is_empty() {
                return Ok(Step::Child(done));
            }
            stack.children.push(done);
        }
        Event::Text(text) if text.iter().all(u8::is_ascii_whitespace) && stack.is_blank() => {}
        Event::Text(text) => {
            if let Some(at) = stack.last_mut() {
                let text = text.xml_content(XmlVersion::Implicit1_0).map_err(|_| "it is not UTF-8".to_owned())?;
                at.text += &text;
            }
        }
        Event::CData(text) => {
            if let Some(at) = stack.last_mut() {
                let text = text.xml_content(XmlVersion::Implicit1_0).map_err(|_| "it is not UTF-8".to_owned())?;
                at.text += &text;
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
            let inside = stack.open.last().map_or_else(|| "its root".to_owned(), |(e, _)| format!("<{}>", e.name));
            return Err(format!("it ends inside {inside}: it was cut off"));
        }
        _ => {}
    }
    Ok(Step::Inside)
}

fn element(space: Space, start: &BytesStart<'_>) -> Result<Element, String> {
    let text = |bytes: &[u8]| std::str::from_utf8(bytes).map(SmolStr::new).map_err(|_| "it is not UTF-8".to_owned());
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
pub(super) fn decoded(mut file: Opened) -> std::io::Result<Source> {
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
