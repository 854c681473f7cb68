//! The 3D Tiles Styling language (OGC 3D Tiles 1.0 and 1.1, "Declarative Styling"): which features are shown, in which
//! colour, and how large points are, by expressions over the features' properties.
//!
//! [`Style::parse`] reads and compiles a style once. [`Style::evaluate`] looks at one feature of any kind
//! ([`StyleFeature`]); [`Style::bind`] reads the columns that the look needs from a table ([`StyleTable`]) and writes
//! texels for all features ([`BoundStyle::apply`]). Where the types of the columns leave no doubt, expressions run over
//! whole columns; everything else, and rows that differ from the rest of their column, is interpreted.
//!
//! Where the specification is silent, expressions behave as in CesiumJS: colours are sRGB from 0 to 1, a backslash in a
//! string stands for itself (so that patterns can be written plainly), a text with `${name}` in it takes the
//! property's text, `show` and conditions count any value by `Boolean(value)`. It differs where CesiumJS fails or
//! depends on chance: defines may use each other, defines work inside texts, a string may hold its own quote after a
//! backslash, `=~` and `!~` bind like `===`, arrays turn into texts as the specification says (`[0, 1, 2]`), and an
//! expression that fails for one feature leaves that feature as it is and stops nothing.
//!
//! ```
//! use tiles3d::style::{Column, Style, StyleTable};
//!
//! struct Buildings;
//!
//! impl StyleTable for Buildings {
//!     fn count(&self) -> u32 {
//!         3
//!     }
//!     fn column(&self, name: &str) -> Option<Column> {
//!         (name == "Height").then(|| Column::numbers(vec![10.0, 70.0, 200.0]))
//!     }
//! }
//!
//! let style = Style::parse(br#"{
//!     "show": "${Height} < 150",
//!     "color": {"conditions": [["${Height} > 60", "color('red')"], ["true", "color('white', 0.5)"]]}
//! }"#)?;
//! let mut texels = [[0; 4]; 3];
//! style.bind(&Buildings).apply(&mut texels);
//! assert_eq!(texels, [[255, 255, 255, 128], [255, 0, 0, 255], [255, 0, 0, 0]]);
//! # Ok::<(), tiles3d::style::StyleError>(())
//! ```

mod ast;
mod bound;
mod builtins;
mod color;
mod color_names;
mod column;
mod compile;
mod error;
mod feature;
mod lexer;
pub mod limits;
mod look;
mod lower;
mod lower_call;
mod node;
mod number;
mod numeric;
mod operators;
mod parser;
mod program;
mod regexp;
mod sheet;
#[cfg(test)]
mod tests;
mod value;
mod variable;

pub use bound::{BoundStyle, StyleFailures};
pub use column::Column;
pub use error::{EvaluationError, StyleError, StyleErrorKind};
pub use feature::{StyleFeature, StyleTable, TableFeature};
pub use look::FeatureStyle;
pub use regexp::RegExp;
pub use sheet::Style;
pub use value::{Value, Vector};
