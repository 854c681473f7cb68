//! The report for people.

use super::{Report, Severity};
use std::fmt;

/// Places shown of each rule.
const PLACES: usize = 3;
/// Properties shown.
const PROPERTIES: usize = 40;

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.overview(f)?;
        self.contents(f)?;
        self.features(f)?;
        self.verdict(f)
    }
}

impl Report {
    fn overview(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let version = if self.version.is_empty() { "of no version" } else { &self.version };
        write!(f, "3D Tiles {version}")?;
        if let Some(error) = self.geometric_error {
            write!(f, ", geometric error {error} m")?;
        }
        writeln!(f)?;
        if let Some(v) = &self.volume {
            match v.geodetic {
                Some([lon, lat, _]) => {
                    writeln!(f, "around {lon:.6}° E, {lat:.6}° N, radius {:.0} m ({})", v.radius, v.kind)?;
                }
                None => writeln!(f, "in a local frame, radius {:.2} m ({})", v.radius, v.kind)?,
            }
        }
        let t = &self.tree;
        writeln!(f, "\ntiles        {:>12}  in {} levels", t.tiles(), t.tiles_by_depth.len())?;
        writeln!(f, "  leaves     {:>12}", t.leaves)?;
        writeln!(f, "  empty      {:>12}", t.empty)?;
        writeln!(f, "  refined    {:>12}  by addition, {} by replacement", t.add, t.replace)?;
        if t.implicit_roots > 0 {
            writeln!(f, "  implicit   {:>12}  roots", t.implicit_roots)?;
        }
        if t.external_tilesets > 0 {
            writeln!(f, "  external   {:>12}  tilesets", t.external_tilesets)?;
        }
        for (depth, tiles) in t.tiles_by_depth.iter().enumerate() {
            writeln!(f, "  depth {depth:<4} {tiles:>12}")?;
        }
        for (kind, count) in &self.volumes {
            writeln!(f, "  {:<10} {count:>12}  bounding volumes", kind)?;
        }
        Ok(())
    }

    fn contents(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let files: u64 = self.files.values().map(|t| t.files).sum();
        let bytes: u64 = self.files.values().map(|t| t.bytes).sum();
        writeln!(f, "\nfiles        {files:>12}  {}", Bytes(bytes))?;
        for (kind, tally) in &self.files {
            writeln!(f, "  {kind:<10} {:>12}  {}", tally.files, Bytes(tally.bytes))?;
        }
        let c = &self.counts;
        writeln!(f, "models       {:>12}  {} decoded", c.models, Bytes(c.decoded_bytes))?;
        let rows = [
            ("primitives", c.primitives),
            ("vertices", c.vertices),
            ("triangles", c.triangles),
            ("lines", c.lines),
            ("points", c.points),
            ("instances", c.instances),
            ("images", c.images),
        ];
        for (name, count) in rows.into_iter().filter(|(_, n)| *n > 0) {
            writeln!(f, "  {name:<10} {count:>12}")?;
        }
        if !self.extensions.is_empty() {
            writeln!(f, "\nextensions")?;
        }
        for (name, e) in &self.extensions {
            let required = if e.required > 0 { format!(", required by {}", e.required) } else { String::new() };
            writeln!(f, "  {name}: {} tilesets, {} contents{required}", e.tilesets, e.contents)?;
        }
        Ok(())
    }

    fn features(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.counts.features == 0 {
            return Ok(());
        }
        writeln!(f, "\nfeatures     {:>12}", self.counts.features)?;
        for (name, p) in self.properties.iter().take(PROPERTIES) {
            let examples: Vec<String> = p.examples.iter().map(|v| clip(&v.to_string())).collect();
            writeln!(f, "  {name} ({}, {} values): {}", p.kinds.join(" or "), p.count, examples.join(", "))?;
        }
        if self.properties.len() > PROPERTIES {
            writeln!(f, "  and {} more properties", self.properties.len() - PROPERTIES)?;
        }
        for sample in &self.samples {
            let row: Vec<String> = sample.iter().map(|(name, value)| format!("{name} = {value}")).collect();
            writeln!(f, "  {}", row.join(", "))?;
        }
        Ok(())
    }

    fn verdict(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (severity, one) in [(Severity::Error, "error"), (Severity::Warning, "warning"), (Severity::Info, "note")] {
            let names: Vec<&str> = super::RULES.iter().filter(|r| r.severity == severity).map(|r| r.name).collect();
            for name in names {
                let Some(count) = self.rules.get(name) else { continue };
                let mut shown = self.defects.iter().filter(|d| d.rule == name);
                let Some(first) = shown.next() else { continue };
                writeln!(f, "\n{one} {name}: {count} ({})", first.clause)?;
                for d in std::iter::once(first).chain(shown).take(PLACES) {
                    writeln!(f, "  {}: {}", d.place, d.message)?;
                }
                if *count > PLACES as u64 {
                    writeln!(f, "  and {} more", count - PLACES as u64)?;
                }
            }
        }
        let (errors, warnings) = (self.count(Severity::Error), self.count(Severity::Warning));
        write!(f, "\n{errors} errors, {warnings} warnings, {} notes", self.count(Severity::Info))
    }
}

fn clip(text: &str) -> String {
    super::finding::short(text)
}

/// Bytes in the unit that people read.
struct Bytes(u64);

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
        let (mut n, mut unit) = (self.0 as f64, "B");
        for next in UNITS {
            if n < 1024.0 {
                break;
            }
            (n, unit) = (n / 1024.0, next);
        }
        if unit == "B" { write!(f, "{} B", self.0) } else { write!(f, "{n:.1} {unit}") }
    }
}
