//! The JSON schemas of 3D Tiles 1.1 and of the glTF extensions for features and metadata. Those of 1.0 are a part of
//! them; where they differ, the rules say so.

use super::shape::{
    Field as F,
    Kind::{self, Any, Array, Bool, Integer, Map, Name, Names, Number, Object, OneOf, Positive, Text, Words},
    Shape,
};

const ANY_LENGTH: usize = usize::MAX;
const STRINGS: Kind = Array(&Text, 1, ANY_LENGTH);

pub(super) const TILESET: Shape = Shape {
    clause: "OGC 22-025r4, tileset.schema.json",
    fields: &[
        F("asset", true, Object(&ASSET)),
        F("properties", false, Map(&Object(&PROPERTIES))),
        F("schema", false, Object(&SCHEMA)),
        F("schemaUri", false, Text),
        F("statistics", false, Object(&STATISTICS)),
        F("groups", false, Array(&Object(&METADATA_ENTITY), 1, ANY_LENGTH)),
        F("metadata", false, Object(&METADATA_ENTITY)),
        F("geometricError", true, Positive),
        // Tiles are checked one by one as they are walked.
        F("root", true, Map(&Any)),
        F("extensionsUsed", false, STRINGS),
        F("extensionsRequired", false, STRINGS),
        F("extensions", false, Map(&Any)),
    ],
};

const ASSET: Shape = Shape {
    clause: "OGC 22-025r4, asset.schema.json",
    fields: &[F("version", true, Text), F("tilesetVersion", false, Text), F("extensions", false, Map(&Any))],
};

const PROPERTIES: Shape = Shape {
    clause: "OGC 22-025r4, properties.schema.json",
    fields: &[F("maximum", true, Number), F("minimum", true, Number)],
};

pub(super) const TILE: Shape = Shape {
    clause: "OGC 22-025r4, tile.schema.json",
    fields: &[
        F("boundingVolume", true, Object(&VOLUME)),
        F("viewerRequestVolume", false, Object(&VOLUME)),
        F("geometricError", true, Positive),
        F("refine", false, OneOf(&["ADD", "REPLACE"])),
        F("transform", false, Array(&Number, 16, 16)),
        F("content", false, Object(&CONTENT)),
        F("contents", false, Array(&Object(&CONTENT), 1, ANY_LENGTH)),
        F("metadata", false, Object(&METADATA_ENTITY)),
        F("implicitTiling", false, Object(&IMPLICIT)),
        F("children", false, Array(&Map(&Any), 0, ANY_LENGTH)),
        F("extensions", false, Map(&Any)),
    ],
};

const VOLUME: Shape = Shape {
    clause: "OGC 22-025r4, boundingVolume.schema.json",
    fields: &[
        F("box", false, Array(&Number, 12, 12)),
        F("region", false, Array(&Number, 6, 6)),
        F("sphere", false, Array(&Number, 4, 4)),
        F("extensions", false, Map(&Any)),
    ],
};

const CONTENT: Shape = Shape {
    clause: "OGC 22-025r4, content.schema.json",
    fields: &[
        // Whether it is there is a rule of its own, because of the old `url`.
        F("uri", false, Text),
        F("boundingVolume", false, Object(&VOLUME)),
        F("metadata", false, Object(&METADATA_ENTITY)),
        F("group", false, Integer(0)),
        F("extensions", false, Map(&Any)),
    ],
};

const IMPLICIT: Shape = Shape {
    clause: "OGC 22-025r4, tile.implicitTiling.schema.json",
    fields: &[
        F("subdivisionScheme", true, OneOf(&["QUADTREE", "OCTREE"])),
        F("subtreeLevels", true, Integer(1)),
        F("availableLevels", true, Integer(1)),
        F("subtrees", true, Object(&SUBTREES)),
    ],
};

const SUBTREES: Shape = Shape { clause: "OGC 22-025r4, subtrees.schema.json", fields: &[F("uri", true, Text)] };

const METADATA_ENTITY: Shape = Shape {
    clause: "OGC 22-025r4, metadataEntity.schema.json",
    fields: &[F("class", true, Text), F("properties", false, Map(&Any))],
};

pub(super) const SCHEMA: Shape = Shape {
    clause: "OGC 22-025r4, schema.schema.json",
    fields: &[
        F("id", true, Name),
        F("name", false, Words),
        F("description", false, Words),
        F("version", false, Words),
        F("classes", false, Names(&Object(&CLASS))),
        F("enums", false, Names(&Object(&ENUM))),
    ],
};

const CLASS: Shape = Shape {
    clause: "OGC 22-025r4, class.schema.json",
    fields: &[
        F("name", false, Words),
        F("description", false, Words),
        F("properties", false, Names(&Object(&CLASS_PROPERTY))),
    ],
};

pub(super) const COMPONENTS: &[&str] =
    &["INT8", "UINT8", "INT16", "UINT16", "INT32", "UINT32", "INT64", "UINT64", "FLOAT32", "FLOAT64"];

const CLASS_PROPERTY: Shape = Shape {
    clause: "OGC 22-025r4, class.property.schema.json",
    fields: &[
        F("name", false, Words),
        F("description", false, Words),
        F(
            "type",
            true,
            OneOf(&["SCALAR", "VEC2", "VEC3", "VEC4", "MAT2", "MAT3", "MAT4", "STRING", "BOOLEAN", "ENUM"]),
        ),
        F("componentType", false, OneOf(COMPONENTS)),
        F("enumType", false, Text),
        F("array", false, Bool),
        F("count", false, Integer(2)),
        F("normalized", false, Bool),
        F("required", false, Bool),
        F("semantic", false, Words),
    ],
};

const ENUM: Shape = Shape {
    clause: "OGC 22-025r4, enum.schema.json",
    fields: &[
        F("name", false, Words),
        F("description", false, Words),
        F("valueType", false, OneOf(&["INT8", "UINT8", "INT16", "UINT16", "INT32", "UINT32", "INT64", "UINT64"])),
        F("values", true, Array(&Object(&ENUM_VALUE), 1, ANY_LENGTH)),
    ],
};

const ENUM_VALUE: Shape = Shape {
    clause: "OGC 22-025r4, enum.value.schema.json",
    fields: &[F("name", true, Words), F("description", false, Words), F("value", true, Integer(i64::MIN))],
};

const STATISTICS: Shape = Shape {
    clause: "OGC 22-025r4, statistics.schema.json",
    fields: &[F("classes", false, Names(&Object(&STATISTICS_CLASS)))],
};

const STATISTICS_CLASS: Shape = Shape {
    clause: "OGC 22-025r4, statistics.class.schema.json",
    fields: &[F("count", false, Integer(0)), F("properties", false, Names(&Map(&Any)))],
};

pub(super) const SUBTREE: Shape = Shape {
    clause: "OGC 22-025r4, subtree.schema.json",
    fields: &[
        F("buffers", false, Array(&Object(&BUFFER), 1, ANY_LENGTH)),
        F("bufferViews", false, Array(&Object(&BUFFER_VIEW), 1, ANY_LENGTH)),
        F("propertyTables", false, Array(&Object(&PROPERTY_TABLE), 1, ANY_LENGTH)),
        F("tileAvailability", true, Object(&AVAILABILITY)),
        F("contentAvailability", false, Array(&Object(&AVAILABILITY), 1, ANY_LENGTH)),
        F("childSubtreeAvailability", true, Object(&AVAILABILITY)),
        F("tileMetadata", false, Integer(0)),
        F("contentMetadata", false, Array(&Integer(0), 1, ANY_LENGTH)),
        F("subtreeMetadata", false, Object(&METADATA_ENTITY)),
    ],
};

const BUFFER: Shape = Shape {
    clause: "OGC 22-025r4, buffer.schema.json",
    fields: &[F("uri", false, Text), F("byteLength", true, Integer(1)), F("name", false, Words)],
};

const BUFFER_VIEW: Shape = Shape {
    clause: "OGC 22-025r4, bufferView.schema.json",
    fields: &[F("buffer", true, Integer(0)), F("byteOffset", true, Integer(0)), F("byteLength", true, Integer(1))],
};

const AVAILABILITY: Shape = Shape {
    clause: "OGC 22-025r4, availability.schema.json",
    fields: &[
        F("bitstream", false, Integer(0)),
        F("availableCount", false, Integer(0)),
        F("constant", false, Integer(0)),
    ],
};

const PROPERTY_TABLE: Shape = Shape {
    clause: "OGC 22-025r4, propertyTable.schema.json",
    fields: &[
        F("name", false, Words),
        F("class", true, Text),
        F("count", true, Integer(1)),
        F("properties", false, Names(&Object(&TABLE_PROPERTY))),
    ],
};

const OFFSETS: Kind = OneOf(&["UINT8", "UINT16", "UINT32", "UINT64"]);

const TABLE_PROPERTY: Shape = Shape {
    clause: "OGC 22-025r4, propertyTable.property.schema.json",
    fields: &[
        F("values", true, Integer(0)),
        F("arrayOffsets", false, Integer(0)),
        F("stringOffsets", false, Integer(0)),
        F("arrayOffsetType", false, OFFSETS),
        F("stringOffsetType", false, OFFSETS),
    ],
};

pub(super) const STRUCTURAL_METADATA: Shape = Shape {
    clause: "EXT_structural_metadata, glTF.EXT_structural_metadata.schema.json",
    fields: &[
        F("schema", false, Object(&SCHEMA)),
        F("schemaUri", false, Text),
        F("propertyTables", false, Array(&Object(&PROPERTY_TABLE), 1, ANY_LENGTH)),
        F("propertyTextures", false, Array(&Object(&PROPERTY_REFERENCE), 1, ANY_LENGTH)),
        F("propertyAttributes", false, Array(&Object(&PROPERTY_REFERENCE), 1, ANY_LENGTH)),
    ],
};

/// What property textures and property attributes have in common.
const PROPERTY_REFERENCE: Shape = Shape {
    clause: "EXT_structural_metadata, propertyTexture and propertyAttribute schemas",
    fields: &[F("name", false, Words), F("class", true, Text), F("properties", false, Names(&Map(&Any)))],
};

pub(super) const MESH_FEATURES: Shape = Shape {
    clause: "EXT_mesh_features, mesh.primitive.EXT_mesh_features.schema.json",
    fields: &[F("featureIds", true, Array(&Object(&FEATURE_ID), 1, ANY_LENGTH))],
};

const FEATURE_ID: Shape = Shape {
    clause: "EXT_mesh_features, featureId.schema.json",
    fields: &[
        F("featureCount", true, Integer(1)),
        F("nullFeatureId", false, Integer(0)),
        F("label", false, Name),
        F("attribute", false, Integer(0)),
        F("texture", false, Map(&Any)),
        F("propertyTable", false, Integer(0)),
    ],
};
