//! `cim-twin inspect`: everything in a tileset, read to the last tile.

use indicatif::HumanBytes;
use std::collections::BTreeMap;
use tiles3d::{Content, DecodeOptions, DecodedTile, TileId, Tileset, content::PrimitiveMode, decode_content};
use url::Url;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A tileset file, or a folder with a tileset.json
    tiles: String,
    /// Print this many properties of features
    #[arg(long, default_value_t = 3)]
    features: u32,
}

#[derive(Default)]
struct Tally {
    tiles: usize,
    contents: usize,
    external: usize,
    bytes: u64,
    triangles: usize,
    features: u64,
    defects: BTreeMap<String, (u64, String)>,
    errors: Vec<String>,
    samples: Vec<String>,
}

impl Tally {
    fn defects(&mut self, list: Vec<tiles3d::Diagnostic>) {
        for d in list {
            let entry = self.defects.entry(d.code.to_owned()).or_insert((0, format!("{}: {}", d.place, d.message)));
            entry.0 += 1;
        }
    }

    fn model(&mut self, model: DecodedTile, features: u32) {
        let triangles = model.primitives.iter().filter(|p| p.mode == PrimitiveMode::Triangles);
        self.triangles += triangles.map(|p| p.indices.len() / 3).sum::<usize>();
        self.features += u64::from(model.features.count());
        let room = (features as usize).saturating_sub(self.samples.len()) as u32;
        for feature in 0..room.min(model.features.count()) {
            let row: Vec<_> = model.features.row(feature).iter().map(|(n, v)| format!("{n} = {v}")).collect();
            self.samples.push(row.join(", "));
        }
        self.defects(model.diagnostics);
    }
}

pub(super) fn run(args: &Args) -> Result<(), String> {
    let url = super::location(&args.tiles)?;
    let bytes = read(&url)?;
    let (mut tileset, defects) = Tileset::parse(&bytes, &url).map_err(|e| e.to_string())?;
    let mut tally = Tally::default();
    tally.defects(defects);
    let mut next = 0;
    // External tilesets add tiles at the end while the list is read.
    while let Some(tile) = tileset.tile(TileId(next as u32)) {
        next += 1;
        let (id, contents, gltf_z_up) = (tile.id, tile.contents.clone(), tile.gltf_z_up);
        for content in contents {
            match read(&content) {
                Ok(bytes) => {
                    let external = decode(&content, &bytes, gltf_z_up, args.features, &mut tally);
                    if external {
                        match tileset.attach_external(id, &bytes, &content) {
                            Ok(defects) => tally.defects(defects),
                            Err(e) => tally.errors.push(e.to_string()),
                        }
                    }
                }
                Err(e) => tally.errors.push(e),
            }
        }
    }
    tally.tiles = next;
    print(&tileset, &tally);
    if tally.errors.is_empty() { Ok(()) } else { Err(format!("{} contents cannot be shown", tally.errors.len())) }
}

/// Decodes one content; true when it is an external tileset.
fn decode(url: &Url, bytes: &[u8], gltf_z_up: bool, features: u32, tally: &mut Tally) -> bool {
    tally.contents += 1;
    tally.bytes += bytes.len() as u64;
    let mut fetch = |uri: &str| url.join(uri).map_err(|e| e.to_string()).and_then(|u| read(&u));
    match decode_content(bytes, &DecodeOptions { gltf_z_up, ..DecodeOptions::default() }, &mut fetch) {
        Ok(Content::Tileset) => {
            tally.external += 1;
            return true;
        }
        Ok(Content::Models(models)) => models.into_iter().for_each(|model| tally.model(model, features)),
        Err(e) => tally.errors.push(format!("{url}: {e}")),
    }
    false
}

fn read(url: &Url) -> Result<Vec<u8>, String> {
    let path = url.to_file_path().map_err(|()| format!("{url}: only files can be inspected"))?;
    std::fs::read(&path).map_err(|e| format!("{} cannot be read: {e}", path.display()))
}

fn print(tileset: &Tileset, tally: &Tally) {
    let (centre, radius) = tileset.root().volume.bounding_sphere();
    println!("3D Tiles {}, geometric error {} m", tileset.version, tileset.geometric_error);
    if centre.length() > 1.0e6 {
        let g = cim_geo::Geodetic::from_ecef(centre);
        println!("around {:.6}° E, {:.6}° N, radius {radius:.0} m", g.lon_deg, g.lat_deg);
    } else {
        println!("in a local frame, radius {radius:.2} m");
    }
    println!(
        "{} tiles, {} contents ({} external tilesets), {}, {} triangles, {} features",
        tally.tiles,
        tally.contents,
        tally.external,
        HumanBytes(tally.bytes),
        tally.triangles,
        tally.features
    );
    for sample in &tally.samples {
        println!("  {sample}");
    }
    for (code, (count, first)) in &tally.defects {
        println!("{code}: {count}, the first at {first}");
    }
    for error in &tally.errors {
        println!("error: {error}");
    }
}
