//! The definitions that are built in, by their EPSG codes: those of `definitions.tsv`, then those of the crate
//! crs-definitions, which has more, but some of them such that things would lie hundreds of metres off.

const TABLE: &str = include_str!("definitions.tsv");
/// What a string cannot say: NSIDC's grids on a sphere, whose latitudes are those of the ellipsoid as they are, and Austria's
/// oldest grids, which grow to the south and west.
const FOR_PROJ: [u32; 5] = [3973, 3974, 3975, 8044, 8045];

/// A row of the table.
struct Row {
    code: u32,
    /// Somewhere in the area of use, longitude and latitude in WGS 84; what its coordinates are there by PROJ, and by how many
    /// metres the definition may differ.
    #[cfg(test)]
    check: [f64; 5],
    proj: &'static str,
}

fn rows() -> impl Iterator<Item = Row> {
    TABLE.lines().filter(|line| !line.starts_with('#')).filter_map(|line| {
        let mut columns = line.split('\t');
        let code = columns.next()?.parse().ok()?;
        #[cfg(test)]
        let check = {
            let mut next = || columns.next()?.parse().ok();
            [next()?, next()?, next()?, next()?, next()?]
        };
        Some(Row {
            code,
            #[cfg(test)]
            check,
            proj: columns.next_back()?,
        })
    })
}

/// The system of a code as a string of PROJ's.
pub(super) fn definition(code: u32) -> Option<&'static str> {
    if let Some(row) = rows().find(|row| row.code == code) {
        return Some(row.proj);
    }
    let code = u16::try_from(code).ok().filter(|_| !FOR_PROJ.contains(&code))?;
    crs_definitions::from_code(code).map(|known| known.proj4)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SourceCrs;

    #[test]
    fn every_definition_is_where_proj_has_it() {
        let codes: Vec<u32> = rows().map(|row| row.code).collect();
        assert_eq!(codes.len(), TABLE.lines().filter(|line| !line.starts_with('#')).count());
        assert!(codes.len() > 600 && codes.is_sorted_by(|a, b| a < b));
        for Row { code, check: [lon, lat, x, y, metres], .. } in rows() {
            let crs = SourceCrs::built_in(&format!("EPSG:{code}")).unwrap();
            let place = crs.place(x, y).unwrap();
            let off = ((place.lon - lon) * lat.to_radians().cos()).hypot(place.lat - lat) * 111_320.0;
            assert!(off < metres, "EPSG:{code}: {off} m off");
        }
    }

    #[test]
    fn what_crs_definitions_has_wrong_is_right() {
        // Korea's grid has a shift of 380 m, Bohemia's grows to the south and west. By PROJ 9.5.1.
        for (code, x, y, lon, lat) in [
            (5174, 200_000.0, 500_000.0, 127.000_784, 38.002_746),
            (5513, 1_043_000.0, 743_000.0, 14.418_594, 50.087_347),
        ] {
            let place = SourceCrs::built_in(&format!("EPSG:{code}")).unwrap().place(x, y).unwrap();
            assert!((place.lon - lon).abs() < 1e-4 && (place.lat - lat).abs() < 1e-4, "EPSG:{code}: {place:?}");
        }
        assert_eq!(definition(3974), None);
    }
}
