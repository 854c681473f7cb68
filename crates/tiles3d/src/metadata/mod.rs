//! Features and their properties, whatever the file says: batch tables and `EXT_structural_metadata`.

mod batch_table;
mod component;
mod features;
mod hierarchy;
mod scalar;
mod schema;
mod table;
mod value;

pub(crate) use batch_table::{BatchTable, DecodedColumn};
pub(crate) use component::Component;
pub use features::FeatureTable;
use hierarchy::Hierarchy;
pub(crate) use schema::Schema;
pub(crate) use table::PropertyTable;
pub use value::Value;
