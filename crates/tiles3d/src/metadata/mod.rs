//! Features and their properties, whatever the file says: batch tables and `EXT_structural_metadata`.

mod attribute;
mod batch_table;
mod check;
mod column;
mod component;
mod entity;
mod features;
mod hierarchy;
mod property;
mod scalar;
mod schema;
mod table;
mod texture;
mod value;

pub use attribute::{PropertyAttribute, VertexProperty};
pub(crate) use batch_table::{BatchTable, DecodedColumn};
pub(crate) use component::Component;
pub(crate) use entity::EntityJson;
pub use entity::MetadataEntity;
pub use features::FeatureTable;
use hierarchy::Hierarchy;
pub use property::PropertyInfo;
pub(crate) use property::PropertyType;
pub(crate) use schema::{ClassProperty, Schema};
pub use table::ClassInfo;
pub(crate) use table::PropertyTable;
pub use texture::{PropertyTexture, TexelProperty};
pub use value::Value;
