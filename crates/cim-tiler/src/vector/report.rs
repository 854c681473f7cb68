//! What is said of a run beside the city's summary: per layer what it was taken for, and every feature left out.

use super::mapping::{Kind, Role};
use cim_model::EntityKey;
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::{self, Write as _},
    path::PathBuf,
};

/// What became of all layers.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct VectorReport {
    /// The layers in the order in which they were read.
    pub layers: Vec<LayerReport>,
    /// Every feature, or part of one, that was left out.
    pub left_out: Vec<LeftOut>,
    /// Files of the folders given that are of no format read here.
    pub unread: Vec<PathBuf>,
    /// Patterns of the mapping that no layer has.
    pub unused: Vec<String>,
}

/// What became of a layer.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LayerReport {
    /// Its name: the file's stem, or the table's.
    pub name: String,
    /// Its file.
    pub path: PathBuf,
    /// Its format.
    pub format: &'static str,
    /// Its coordinate system; empty when the layer is ignored.
    pub crs: String,
    /// Where the coordinate system is said.
    pub crs_from: String,
    /// Features in it. Each became things, or is in [`VectorReport::left_out`].
    pub features: usize,
    /// Features that became things.
    pub used: usize,
    /// Things made, by kind.
    pub made: BTreeMap<&'static str, usize>,
    /// Outlines that crossed themselves and were repaired.
    pub repaired: usize,
    /// Whether the kind was guessed.
    pub guessed_kind: bool,
    /// Kinds that its features were taken for.
    pub(super) kinds: BTreeSet<Kind>,
    /// Attributes in use, and whether each was guessed.
    pub(super) roles: BTreeMap<Role, (String, bool)>,
    /// Attributes that mean nothing to us and are kept as they are.
    pub other_attributes: Vec<String>,
    /// What a person should know.
    pub notes: Vec<String>,
}

/// A feature, or part of one, that was left out.
#[derive(Debug, Clone, PartialEq)]
pub struct LeftOut {
    /// Its layer.
    pub layer: String,
    /// Which feature of the layer, from 1.
    pub feature: usize,
    /// The key that it would have had.
    pub key: EntityKey,
    /// Why.
    pub reason: &'static str,
    /// Whether nothing at all became of the feature.
    pub whole: bool,
}

impl LayerReport {
    /// Features that nothing became of.
    #[must_use]
    pub fn left_out(&self) -> usize {
        self.features - self.used
    }
}

impl VectorReport {
    /// The mapping that this run amounts to, what was guessed included: to be saved, corrected and given back.
    #[must_use]
    pub fn mapping(&self) -> String {
        let mut out = String::new();
        // A JSON text is a TOML text.
        let text = |t: &str| serde_json::Value::from(t).to_string();
        for layer in &self.layers {
            let _ = writeln!(out, "[[layer]]\nmatch = {}", text(&globset::escape(&layer.name)));
            let names: Vec<_> = layer.kinds.iter().map(|k| k.name()).collect();
            match names.as_slice() {
                [one] => {
                    let _ = writeln!(out, "kind = {}{}", text(one), if layer.guessed_kind { " # guessed" } else { "" });
                }
                // Several kinds by geometry can only be guessed.
                several => {
                    let _ = writeln!(out, "# kind by geometry, guessed: {}", several.join(", "));
                }
            }
            for (role, (attribute, guessed)) in &layer.roles {
                let comment = if *guessed { " # guessed" } else { "" };
                let _ = writeln!(out, "{} = {}{comment}", role.name(), text(attribute));
            }
            if !layer.other_attributes.is_empty() {
                let others: Vec<_> = layer.other_attributes.iter().map(|a| text(a)).collect();
                let _ = writeln!(out, "# kept as they are: {}", others.join(", "));
            }
            out.push('\n');
        }
        out
    }
}

impl VectorReport {
    /// Every feature that was left out, one a line: layer, number, key and reason between tabs.
    #[must_use]
    pub fn list(&self) -> String {
        let mut out = String::new();
        for l in &self.left_out {
            let _ = writeln!(out, "{}\t{}\t{}\t{}", l.layer, l.feature, l.key, l.reason);
        }
        out
    }
}

impl fmt::Display for VectorReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for layer in &self.layers {
            let made: Vec<_> = layer.made.iter().map(|(kind, n)| format!("{n} {kind}")).collect();
            let made = if made.is_empty() { "nothing".to_owned() } else { made.join(", ") };
            let crs =
                if layer.crs.is_empty() { String::new() } else { format!("; {} by {}", layer.crs, layer.crs_from) };
            writeln!(f, "{} ({}): {} features -> {made}{crs}", layer.name, layer.format, layer.features)?;
            for note in &layer.notes {
                writeln!(f, "  {note}")?;
            }
            let mut reasons: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
            for out in self.left_out.iter().filter(|l| l.layer == layer.name) {
                reasons.entry(out.reason).or_insert((0, out.feature)).0 += 1;
            }
            for (reason, (count, first)) in reasons {
                writeln!(f, "  {count} left out, the first feature {first}: {reason}")?;
            }
        }
        for pattern in &self.unused {
            writeln!(f, "the mapping's `{pattern}` is the name of no layer")?;
        }
        for path in &self.unread {
            writeln!(f, "not read: {}", path.display())?;
        }
        if self.layers.iter().any(|l| l.guessed_kind || l.roles.values().any(|r| r.1)) {
            writeln!(f, "what the layers were taken for, as a mapping file to correct and give with --mapping:\n")?;
            write!(f, "{}", self.mapping())?;
        }
        Ok(())
    }
}
