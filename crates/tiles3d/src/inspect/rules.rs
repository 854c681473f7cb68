//! What is looked for.

use serde::Serialize;

/// How bad a defect is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Not as the specification requires: some reader will fail.
    Error,
    /// Allowed or tolerated, but it makes the tileset slower, wrong in places, or less portable.
    Warning,
    /// Worth knowing.
    Info,
}

/// One rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// Stable name.
    pub name: &'static str,
    /// How bad a breach is.
    pub severity: Severity,
    /// The clause that it breaks, by its title in the specification.
    pub clause: &'static str,
}

macro_rules! rules {
    ($($constant:ident $severity:ident $name:literal $clause:literal;)*) => {
        $(pub(super) const $constant: Rule =
            Rule { name: $name, severity: Severity::$severity, clause: $clause };)*

        /// Every rule that the inspector knows.
        pub const RULES: &[Rule] = &[$($constant),*];
    };
}

rules! {
    INSPECTION_STOPPED Info "inspection-stopped" "the inspector's own limit";
    FILE_MISSING Error "file-missing" "OGC 22-025r4, URIs";
    URI_INVALID Error "uri-invalid" "OGC 22-025r4, URIs";

    JSON_INVALID Error "json-invalid" "OGC 22-025r4, JSON encoding";
    JSON_BOM Error "json-bom" "OGC 22-025r4, JSON encoding";
    JSON_DUPLICATE_KEY Error "json-duplicate-key" "OGC 22-025r4, JSON encoding";
    JSON_MISSING Error "json-missing-property" "OGC 22-025r4, JSON schemas";
    JSON_TYPE Error "json-wrong-type" "OGC 22-025r4, JSON schemas";
    JSON_RANGE Error "json-out-of-range" "OGC 22-025r4, JSON schemas";
    JSON_LENGTH Error "json-array-length" "OGC 22-025r4, JSON schemas";
    JSON_VALUE Error "json-unknown-value" "OGC 22-025r4, JSON schemas";
    JSON_EMPTY Error "json-empty-string" "OGC 22-025r4, JSON schemas";
    JSON_NAME Error "json-bad-name" "OGC 22-025r4, 3D Metadata Specification, Identifiers";

    VERSION_UNKNOWN Warning "asset-version-unknown" "OGC 22-025r4, Tileset JSON";
    UP_AXIS Warning "gltf-up-axis" "OGC 22-025r4, glTF transforms";
    NEEDS_1_1 Warning "needs-3d-tiles-1.1" "OGC 22-025r4, Tileset JSON (asset.version)";
    GLTF_IN_1_0 Info "gltf-in-3d-tiles-1.0" "OGC 18-053r2, Tile format specifications";
    EXTENSION_REQUIRED Error "extension-required-not-used" "OGC 22-025r4, Specifying extensions and extras";
    EXTENSION_UNDECLARED Error "extension-not-declared" "OGC 22-025r4, Specifying extensions and extras";
    TILESET_ERROR Warning "tileset-error-below-root" "OGC 22-025r4, Geometric error";
    CYCLE Error "external-tileset-cycle" "OGC 22-025r4, External tilesets";
    EXTERNAL_CHILDREN Error "external-tileset-with-children" "OGC 22-025r4, External tilesets";

    REFINE_MISSING Error "root-refine-missing" "OGC 22-025r4, Refinement";
    CONTENT_TWICE Error "tile-content-twice" "OGC 22-025r4, Tile JSON";
    CHILDREN_EMPTY Error "tile-children-empty" "OGC 22-025r4, tile.schema.json";
    CONTENT_URL Warning "content-url-deprecated" "OGC 18-053r2, Tile content";
    CONTENT_URI_EMPTY Error "content-uri-empty" "OGC 22-025r4, URIs";
    GROUP_UNKNOWN Error "content-group-unknown" "OGC 22-025r4, Tile content";
    TRANSFORM_AFFINE Error "transform-not-affine" "OGC 22-025r4, Tile transforms";
    TRANSFORM_SINGULAR Error "transform-singular" "OGC 22-025r4, Tile transforms";
    ERROR_INCREASES Warning "geometric-error-increases" "OGC 22-025r4, Geometric error";
    ERROR_LEAF Info "leaf-geometric-error" "OGC 22-025r4, Geometric error";

    VOLUME_MISSING Error "volume-missing" "OGC 22-025r4, Bounding volumes";
    VOLUME_SEVERAL Error "volume-several" "OGC 18-053r2, Bounding volumes";
    REGION_RANGE Error "region-out-of-range" "OGC 22-025r4, Region";
    REGION_INVERTED Error "region-inverted" "OGC 22-025r4, Region";
    BOX_AXES Warning "box-axes-not-orthogonal" "OGC 22-025r4, Box";
    BOX_FLAT Warning "box-degenerate" "OGC 22-025r4, Box";
    SPHERE_RADIUS Error "sphere-radius-negative" "OGC 22-025r4, Sphere";
    CHILD_OUTSIDE Warning "child-outside-parent" "OGC 22-025r4, Bounding volume spatial coherence";
    CONTENT_VOLUME_OUTSIDE Warning "content-volume-outside-tile" "OGC 22-025r4, Content bounding volume";
    CONTENT_OUTSIDE Warning "content-outside-volume" "OGC 22-025r4, Bounding volumes";

    SCHEMA_TWICE Error "metadata-schema-twice" "OGC 22-025r4, Tileset metadata";
    CLASS_UNKNOWN Error "metadata-class-unknown" "OGC 22-025r4, 3D Metadata Specification, Classes";
    PROPERTY_UNKNOWN Error "metadata-property-unknown" "OGC 22-025r4, 3D Metadata Specification, Properties";
    PROPERTY_MISSING Error "metadata-property-missing" "OGC 22-025r4, 3D Metadata Specification, Required properties";
    PROPERTY_TYPE Error "metadata-property-type" "OGC 22-025r4, 3D Metadata Specification, Property types";
    ENUM_UNKNOWN Error "metadata-enum-unknown" "OGC 22-025r4, 3D Metadata Specification, Enums";
    ENUM_TWICE Error "metadata-enum-duplicate" "OGC 22-025r4, 3D Metadata Specification, Enum values";
    PROPERTY_TABLE Error "property-table" "OGC 22-025r4, Property tables; EXT_structural_metadata";
    VALUE_TYPE Error "metadata-value-type" "OGC 22-025r4, 3D Metadata Specification, JSON format";

    IMPLICIT_VOLUME Error "implicit-volume" "OGC 22-025r4, Subdivision scheme";
    IMPLICIT_PROPERTY Error "implicit-property" "OGC 22-025r4, Implicit root tile";
    IMPLICIT_TEMPLATE Error "implicit-template" "OGC 22-025r4, Template URIs";
    IMPLICIT_EXTERNAL Error "implicit-external-tileset" "OGC 22-025r4, Implicit root tile";
    SUBTREE_HEADER Error "subtree-header" "OGC 22-025r4, Subtree binary format";
    SUBTREE_ALIGNMENT Error "subtree-alignment" "OGC 22-025r4, Subtree binary format";
    SUBTREE_BUFFER Error "subtree-buffer" "OGC 22-025r4, Buffers and buffer views";
    SUBTREE_AVAILABILITY Error "subtree-availability" "OGC 22-025r4, Subtree JSON format";
    SUBTREE_COUNT Error "subtree-count" "OGC 22-025r4, availability.schema.json";
    SUBTREE_EMPTY Error "subtree-empty" "OGC 22-025r4, Tile availability";
    SUBTREE_PARENT Error "subtree-tile-without-parent" "OGC 22-025r4, Tile availability";
    SUBTREE_CONTENT Error "subtree-content-without-tile" "OGC 22-025r4, Content availability";
    SUBTREE_LEVELS Error "subtree-below-available-levels" "OGC 22-025r4, Implicit root tile (availableLevels)";
    SUBTREE_METADATA Error "subtree-metadata-count" "OGC 22-025r4, Tile metadata";

    CONTENT_UNKNOWN Error "content-unknown" "OGC 22-025r4, Tile format specifications";
    CONTENT_UNREAD Info "content-not-read" "the decoder's own limit";
    CONTENT_BROKEN Error "content-broken" "OGC 22-025r4, Tile format specifications";
    CONTENT_DEFECT Warning "content-defect" "OGC 22-025r4, Tile format specifications";
    FEATURE_ID Warning "feature-id-out-of-range" "EXT_mesh_features, Feature ID; OGC 22-025r4, Batch IDs";

    CONTAINER_HEADER Error "container-header" "OGC 22-025r4, Tile format specifications (Layout)";
    CONTAINER_VERSION Error "container-version" "OGC 22-025r4, Tile format specifications (Header)";
    CONTAINER_LENGTH Error "container-length" "OGC 22-025r4, Tile format specifications (Header)";
    CONTAINER_ALIGNMENT Warning "container-alignment" "OGC 22-025r4, Tile format specifications (Padding)";
    CONTAINER_PADDING Warning "container-padding" "OGC 22-025r4, Feature table (Padding)";
    CONTAINER_FORMAT Error "container-gltf-format" "OGC 22-025r4, Instanced 3D Model (Header)";
    COMPOSITE Error "composite-tiles" "OGC 22-025r4, Composite";
    FEATURE_SEMANTIC Error "feature-table-semantic" "OGC 22-025r4, Feature table (Semantics)";
    FEATURE_RANGE Error "feature-table-range" "OGC 22-025r4, Feature table (Binary body)";
    BATCH_LENGTH Error "batch-table-length" "OGC 22-025r4, Batch table (JSON header)";
    BATCH_RANGE Error "batch-table-range" "OGC 22-025r4, Batch table (Binary body)";
    BATCH_EXTRA Error "batch-table-without-batches" "OGC 22-025r4, Batch table";

    GLB_HEADER Error "glb-header" "glTF 2.0, 4.4.2 Header";
    GLB_LENGTH Error "glb-length" "glTF 2.0, 4.4.2 Header";
    GLB_CHUNK Error "glb-chunk" "glTF 2.0, 4.4.3 Chunks";
    GLB_ALIGNMENT Error "glb-alignment" "glTF 2.0, 4.4.3 Chunks";
    GLB_PADDING Error "glb-padding" "glTF 2.0, 4.4.3 Chunks";
    GLB_BUFFER Error "glb-buffer" "glTF 2.0, 3.6.1.2 GLB-stored buffer";
    GLTF_ASSET Error "gltf-version" "glTF 2.0, 3.2 Asset";
    GLTF_REQUIRED Error "gltf-extension-required-not-used" "glTF 2.0, 3.12 Specifying extensions";
    GLTF_UNDECLARED Error "gltf-extension-not-declared" "glTF 2.0, 3.12 Specifying extensions";
    GLTF_FEATURE_IDS Error "gltf-feature-ids" "EXT_mesh_features, Feature IDs";
}
