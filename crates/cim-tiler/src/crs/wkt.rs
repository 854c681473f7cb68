//! Coordinate systems as text: WKT 1 (OGC's and Esri's) and WKT 2, as `.prj` files, FlatGeobuf and GeoPackage hold them.
//!
//! What is needed of a definition is its EPSG code, or its projection, ellipsoid and shift as a PROJ string.

use std::fmt::Write as _;

/// Deeper nesting is refused.
const DEEPEST: usize = 32;
/// Longer texts are refused.
const LONGEST: usize = 1 << 20;
/// Beijing 1954 to WGS 84 (EPSG:15918 as EPSG:4214 uses it), metres.
const BEIJING_54: &str = "15.8,-154.4,-82.3,0,0,0,0";

/// What a text says.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Definition {
    /// The name that it gives.
    pub(super) name: String,
    /// The EPSG code of the whole.
    pub(super) epsg: Option<u32>,
    /// The same as a PROJ string; why there is none.
    pub(super) proj: Result<String, String>,
}

/// Whether a text is meant to be WKT, not a name or a code.
pub(super) fn is_wkt(text: &str) -> bool {
    let word = text.trim_start().split(['[', '(']).next().unwrap_or_default().trim().to_ascii_uppercase();
    text.contains(['[', '('])
        && ["PROJCS", "GEOGCS", "COMPD_CS", "PROJCRS", "PROJECTEDCRS", "GEOGCRS", "GEOGRAPHICCRS", "GEODCRS"]
            .iter()
            .chain(&["GEODETICCRS", "COMPOUNDCRS", "BOUNDCRS", "LOCAL_CS", "ENGCRS", "ENGINEERINGCRS", "GEOCCS"])
            .any(|k| *k == word)
}

/// Reads a definition.
pub(super) fn parse(text: &str) -> Result<Definition, String> {
    if text.len() > LONGEST {
        return Err("its definition is longer than a megabyte".into());
    }
    let mut reader = Reader { text, at: 0 };
    let root = reader.node(0)?;
    let crs = horizontal(&root);
    let name = crs.text(0).unwrap_or_default().to_owned();
    // The code of a compound system is not one of a plane, but its parts' are.
    Ok(Definition { epsg: crs.epsg(), proj: proj(crs), name })
}

/// A keyword with what is in its brackets.
#[derive(Debug)]
struct Node<'a> {
    keyword: &'a str,
    values: Vec<Value<'a>>,
}

#[derive(Debug)]
enum Value<'a> {
    Text(String),
    Number(f64),
    /// `EAST`, `CARTESIAN`, ...: nothing that is asked for.
    Word,
    Node(Node<'a>),
}

impl<'a> Node<'a> {
    fn is(&self, keywords: &[&str]) -> bool {
        keywords.iter().any(|k| self.keyword.eq_ignore_ascii_case(k))
    }

    fn nodes(&self) -> impl Iterator<Item = &Node<'a>> {
        self.values.iter().filter_map(|v| if let Value::Node(n) = v { Some(n) } else { None })
    }

    fn child(&self, keywords: &[&str]) -> Option<&Node<'a>> {
        self.nodes().find(|n| n.is(keywords))
    }

    fn text(&self, i: usize) -> Option<&str> {
        match self.values.get(i)? {
            Value::Text(t) => Some(t),
            _ => None,
        }
    }

    fn number(&self, i: usize) -> Option<f64> {
        match self.values.get(i)? {
            Value::Number(x) => Some(*x),
            Value::Text(t) => t.trim().parse().ok(),
            _ => None,
        }
        .filter(|x| x.is_finite())
    }

    fn epsg(&self) -> Option<u32> {
        let id = self
            .nodes()
            .find(|n| n.is(&["AUTHORITY", "ID"]) && n.text(0).is_some_and(|a| a.eq_ignore_ascii_case("EPSG")))?;
        id.number(1).filter(|x| (1.0..1e6).contains(x)).map(|x| x as u32)
    }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn space(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}').len();
    }

    fn eat(&mut self, wanted: &[char]) -> bool {
        self.space();
        let found = self.rest().chars().next().filter(|c| wanted.contains(c));
        self.at += found.map_or(0, char::len_utf8);
        found.is_some()
    }

    fn word(&mut self) -> &'a str {
        self.space();
        let rest = self.rest();
        let end = rest.find(|c: char| !(c.is_alphanumeric() || "_+-.".contains(c))).unwrap_or(rest.len());
        self.at += end;
        &rest[..end]
    }

    fn broken(&self, what: &str) -> String {
        format!("its definition is broken at character {}: {what}", self.text[..self.at].chars().count() + 1)
    }

    fn node(&mut self, depth: usize) -> Result<Node<'a>, String> {
        let keyword = self.word();
        if keyword.is_empty() || !self.eat(&['[', '(']) {
            return Err(self.broken("a keyword and `[` were expected"));
        }
        self.inside(keyword, depth)
    }

    /// What follows an opening bracket, up to the closing one.
    fn inside(&mut self, keyword: &'a str, depth: usize) -> Result<Node<'a>, String> {
        if depth > DEEPEST {
            return Err(self.broken("it is nested too deep"));
        }
        let mut values = Vec::new();
        while !self.eat(&[']', ')']) {
            if !values.is_empty() && !self.eat(&[',']) {
                return Err(self.broken("`,` or `]` was expected"));
            }
            if self.eat(&['"']) {
                values.push(Value::Text(self.quoted()?));
                continue;
            }
            let word = self.word();
            if word.is_empty() {
                return Err(self.broken("a value was expected"));
            }
            values.push(if self.eat(&['[', '(']) {
                Value::Node(self.inside(word, depth + 1)?)
            } else {
                word.parse().map_or(Value::Word, Value::Number)
            });
        }
        Ok(Node { keyword, values })
    }

    /// What follows a quotation mark; two of them stand for one.
    fn quoted(&mut self) -> Result<String, String> {
        let mut out = String::new();
        loop {
            let rest = self.rest();
            let Some(end) = rest.find('"') else { return Err(self.broken("a text is not closed")) };
            out.push_str(&rest[..end]);
            self.at += end + 1;
            if !self.rest().starts_with('"') {
                return Ok(out);
            }
            out.push('"');
            self.at += 1;
        }
    }
}

/// The part of a system that says where things are in the plane.
fn horizontal<'n, 'a>(root: &'n Node<'a>) -> &'n Node<'a> {
    let mut node = root;
    for _ in 0..4 {
        let inner = if node.is(&["COMPD_CS", "COMPOUNDCRS"]) {
            node.nodes().find(|n| !n.is(&["VERT_CS", "VERTCRS", "VERTICALCRS", "AUTHORITY", "ID"]))
        } else if node.is(&["BOUNDCRS"]) {
            node.child(&["SOURCECRS"]).and_then(|s| s.nodes().next())
        } else {
            None
        };
        let Some(inner) = inner else { break };
        node = inner;
    }
    node
}

const GEOGRAPHIC: [&str; 5] = ["GEOGCS", "GEOGCRS", "GEOGRAPHICCRS", "GEODCRS", "GEODETICCRS"];

/// Whether any angle of a system is in grads or the like: what is said of such is for PROJ to read.
fn has_odd_angles(node: &Node<'_>) -> bool {
    let is_odd = |unit: &Node<'_>| unit.number(1).is_some_and(|radians| (radians.to_degrees() - 1.0).abs() > 1e-6);
    let own = node.is(&GEOGRAPHIC) || node.is(&["BASEGEOGCRS", "BASEGEODCRS"]);
    node.nodes().any(|n| match n.is(&["ANGLEUNIT"]) || (own && n.is(&["UNIT"])) {
        true => is_odd(n),
        false => has_odd_angles(n),
    })
}

fn proj(crs: &Node<'_>) -> Result<String, String> {
    if has_odd_angles(crs) {
        return Err("its angles are not in degrees".into());
    }
    if crs.is(&GEOGRAPHIC) {
        return Ok(format!("+proj=longlat{} +no_defs", datum(crs)?));
    }
    if !crs.is(&["PROJCS", "PROJCRS", "PROJECTEDCRS"]) {
        return Err(format!("it is a `{}`, not a plane or geographic system", crs.keyword));
    }
    let base = crs
        .child(&["GEOGCS", "BASEGEOGCRS", "BASEGEODCRS", "GEOGCRS", "GEODCRS"])
        .ok_or("it has no geographic system beneath it")?;
    let conversion = crs.child(&["CONVERSION"]).unwrap_or(crs);
    let method =
        conversion.child(&["PROJECTION", "METHOD"]).and_then(|n| n.text(0)).ok_or("it does not name its projection")?;
    let unit_of = |n: &Node<'_>| n.child(&["UNIT", "LENGTHUNIT"]).and_then(|u| u.number(1));
    let metre = unit_of(crs)
        .or_else(|| crs.nodes().filter(|n| n.is(&["AXIS"])).find_map(unit_of))
        .filter(|x| *x > 0.0)
        .unwrap_or(1.0);
    let parameter = |names: &[&str]| {
        conversion
            .nodes()
            .filter(|n| n.is(&["PARAMETER"]))
            .find(|n| n.text(0).is_some_and(|name| names.contains(&plain(name).as_str())))
            .and_then(|n| Some((n.number(1)?, n.child(&["LENGTHUNIT", "UNIT"]).and_then(|u| u.number(1)))))
    };
    let value = |names: &[&str]| parameter(names).map(|p| p.0);
    let length = |names: &[&str]| parameter(names).map_or(0.0, |(x, unit)| x * unit.unwrap_or(metre));
    let lat_0 = value(&[
        "latitudeoforigin",
        "latitudeofnaturalorigin",
        "latitudeoffalseorigin",
        "latitudeofcenter",
        "latitudeofprojectioncentre",
    ]);
    let lon_0 = value(&[
        "centralmeridian",
        "longitudeoforigin",
        "longitudeofnaturalorigin",
        "longitudeoffalseorigin",
        "longitudeofcenter",
    ]);
    let lat_1 = value(&["standardparallel1", "latitudeof1ststandardparallel"]);
    let lat_2 = value(&["standardparallel2", "latitudeof2ndstandardparallel"]);
    let k = value(&["scalefactor", "scalefactoratnaturalorigin"]);
    let mut out = match plain(method).as_str() {
        "transversemercator" | "gausskruger" | "transversemercatorcomplex" => "+proj=tmerc".to_owned(),
        "mercatorauxiliarysphere" | "popularvisualisationpseudomercator" => {
            return Ok("+proj=webmerc +ellps=WGS84 +towgs84=0,0,0,0,0,0,0 +no_defs".into());
        }
        "mercator" | "mercator1sp" | "mercatorvarianta" | "mercator2sp" | "mercatorvariantb" => {
            // A parallel of true scale is `lat_ts` here.
            lat_1.map_or("+proj=merc".to_owned(), |ts| format!("+proj=merc +lat_ts={ts}"))
        }
        "lambertconformalconic"
        | "lambertconformalconic1sp"
        | "lambertconformalconic2sp"
        | "lambertconicconformal1sp"
        | "lambertconicconformal2sp" => {
            let first = lat_1.or(lat_0).ok_or("its cone has no parallel")?;
            format!("+proj=lcc +lat_1={first} +lat_2={}", lat_2.unwrap_or(first))
        }
        "albers" | "albersconicequalarea" | "albersequalarea" => {
            let first = lat_1.ok_or("its cone has no parallel")?;
            format!("+proj=aea +lat_1={first} +lat_2={}", lat_2.unwrap_or(first))
        }
        _ => return Err(format!("its projection `{method}` is not one that is computed here")),
    };
    let (x_0, y_0) =
        (length(&["falseeasting", "eastingatfalseorigin"]), length(&["falsenorthing", "northingatfalseorigin"]));
    let (lat_0, lon_0, k) = (lat_0.unwrap_or(0.0), lon_0.unwrap_or(0.0), k.unwrap_or(1.0));
    let _ = write!(out, " +lat_0={lat_0} +lon_0={lon_0} +k={k} +x_0={x_0} +y_0={y_0}{}", datum(base)?);
    if (metre - 1.0).abs() > 1e-12 {
        let _ = write!(out, " +to_meter={metre}");
    }
    Ok(out + " +no_defs")
}

/// The ellipsoid, the shift to WGS 84 and the prime meridian of a geographic system.
fn datum(geographic: &Node<'_>) -> Result<String, String> {
    let datum =
        geographic.child(&["DATUM", "ENSEMBLE", "GEODETICDATUM", "TRF"]).ok_or("its geographic system has no datum")?;
    let name = plain(datum.text(0).unwrap_or_default());
    let ellipsoid = datum.child(&["SPHEROID", "ELLIPSOID"]).ok_or("its datum has no ellipsoid")?;
    let a = ellipsoid.number(1).filter(|a| (6e6..7e6).contains(a)).ok_or("its ellipsoid is not the Earth's")?;
    let flattening = ellipsoid.number(2).filter(|f| *f > 100.0);
    let b = flattening.map_or(a, |f| a * (1.0 - 1.0 / f));
    // WKT 1 puts the shift into the datum; some writers put it beside.
    let shift = [datum, geographic].into_iter().find_map(|n| n.child(&["TOWGS84"]));
    let shift = shift.map(|n| (0..n.values.len()).map_while(|i| n.number(i)).collect::<Vec<f64>>());
    let mut out = format!(" +a={a} +b={b}");
    match shift {
        Some(v) if v.len() == 3 || v.len() == 7 => {
            let list: Vec<String> = v.iter().map(f64::to_string).collect();
            let _ = write!(out, " +towgs84={}", list.join(","));
        }
        _ if name.contains("beijing") => {
            let _ = write!(out, " +towgs84={BEIJING_54}");
        }
        _ => {}
    }
    if let Some(pm) = geographic.child(&["PRIMEM", "PRIMEMERIDIAN"]).and_then(|n| n.number(1)).filter(|x| *x != 0.0) {
        let _ = write!(out, " +pm={pm}");
    }
    Ok(out)
}

/// A name as the many writers of it agree on: letters and digits only, lower case.
fn plain(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

#[cfg(test)]
#[path = "wkt_tests.rs"]
mod tests;
