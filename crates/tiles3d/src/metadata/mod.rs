//! Features and their properties, whatever the file says: batch tables and `EXT_structural_metadata`.

mod batch_table;
mod features;
mod scalar;
mod schema;
mod table;
mod value;

pub(crate) use batch_table::BatchTable;
pub use features::FeatureTable;
pub(crate) use schema::Schema;
pub(crate) use table::PropertyTable;
pub use value::Value;
