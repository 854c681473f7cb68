//! Which extensions are read.

use super::json::Root;
use crate::content::DecodeError;

/// The extensions that a file may require: each is read in full, or says nothing that changes what is decoded here.
const READ: [&str; 19] = [
    "CESIUM_RTC",
    "CESIUM_primitive_outline",
    "EXT_feature_metadata",
    "EXT_instance_features",
    "EXT_mesh_features",
    "EXT_mesh_gpu_instancing",
    "EXT_meshopt_compression",
    "EXT_structural_metadata",
    "EXT_texture_webp",
    "KHR_draco_mesh_compression",
    "KHR_materials_common",
    "KHR_materials_emissive_strength",
    "KHR_materials_pbrSpecularGlossiness",
    "KHR_materials_unlit",
    "KHR_mesh_quantization",
    "KHR_meshopt_compression",
    "KHR_techniques_webgl",
    "KHR_texture_basisu",
    "KHR_texture_transform",
];

/// Refuses a file that requires something unknown. What it merely uses may be passed over (glTF 2.0, 3.12).
pub(super) fn check(root: &Root) -> Result<(), DecodeError> {
    match root.extensions_required.iter().find(|e| !READ.contains(&e.as_str())) {
        Some(unknown) => Err(DecodeError::UnsupportedExtension(unknown.clone())),
        None => Ok(()),
    }
}
