//! CGCS2000 3-degree Gauss-Krueger: transverse Mercator, Krüger's series in the third flattening to the sixth order
//! (Karney 2011, "Transverse Mercator with an accuracy of a few nanometers", eqs. 35 and 36).

use crate::{GeoError, wgs84::A};

/// CGCS2000's flattening; differs from WGS 84's in the eleventh digit.
const F: f64 = 1.0 / 298.257_222_101;

/// One belt of the projection.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GaussKrueger {
    central_meridian_deg: f64,
    false_easting_m: f64,
}

impl GaussKrueger {
    /// The belt around a central meridian, without a zone prefix: false easting 500 km, scale 1.
    #[must_use]
    pub const fn three_degree(central_meridian_deg: f64) -> Self {
        Self { central_meridian_deg, false_easting_m: 500_000.0 }
    }

    /// The belt of a 3-degree zone (25 to 45), with the zone number in front of the easting.
    ///
    /// # Errors
    /// The zone does not exist.
    pub fn with_zone_prefix(zone: u32) -> Result<Self, GeoError> {
        if !(25..=45).contains(&zone) {
            return Err(GeoError::Zone(zone));
        }
        Ok(Self { central_meridian_deg: f64::from(zone) * 3.0, false_easting_m: f64::from(zone) * 1e6 + 500_000.0 })
    }

    /// By EPSG code: 4513-4533 with zone prefix (zones 25-45), 4534-4554 without.
    ///
    /// # Errors
    /// Another code.
    pub fn from_epsg(code: u32) -> Result<Self, GeoError> {
        match code {
            4513..=4533 => Self::with_zone_prefix(code - 4513 + 25),
            4534..=4554 => Ok(Self::three_degree(f64::from(code - 4534 + 25) * 3.0)),
            _ => Err(GeoError::Epsg(code)),
        }
    }

    /// Easting and northing, metres, of degrees.
    ///
    /// # Errors
    /// The position is more than 30° from the central meridian, at a pole, or not a number.
    pub fn forward(&self, lon_deg: f64, lat_deg: f64) -> Result<(f64, f64), GeoError> {
        let lambda = lon_deg - self.central_meridian_deg;
        if !(lambda.abs() <= 30.0 && lat_deg.abs() < 89.9) {
            return Err(GeoError::OutOfBelt { lon_deg, lat_deg });
        }
        let (series, e) = (Series::new(), (F * (2.0 - F)).sqrt());
        let (lambda, phi) = (lambda.to_radians(), lat_deg.to_radians());
        let tau = phi.tan();
        let sigma = (e * (e * tau / tau.hypot(1.0)).atanh()).sinh();
        let tau1 = tau * sigma.hypot(1.0) - sigma * tau.hypot(1.0);
        let xi1 = tau1.atan2(lambda.cos());
        let eta1 = (lambda.sin() / tau1.hypot(lambda.cos())).asinh();
        let (mut xi, mut eta) = (xi1, eta1);
        for (j, a) in series.alpha.iter().enumerate() {
            let k = 2.0 * (j + 1) as f64;
            xi += a * (k * xi1).sin() * (k * eta1).cosh();
            eta += a * (k * xi1).cos() * (k * eta1).sinh();
        }
        Ok((self.false_easting_m + series.radius * eta, series.radius * xi))
    }

    /// Degrees (longitude, latitude) of easting and northing, metres.
    ///
    /// # Errors
    /// The numbers are not of this belt: a zone prefix is missing or wrong, or they are not numbers.
    pub fn inverse(&self, easting_m: f64, northing_m: f64) -> Result<(f64, f64), GeoError> {
        let x = easting_m - self.false_easting_m;
        if !(x.abs() <= 3_500_000.0 && northing_m.abs() <= 10_100_000.0) {
            return Err(GeoError::NotOfBelt { easting_m, northing_m });
        }
        let (series, e2) = (Series::new(), F * (2.0 - F));
        let (xi, eta) = (northing_m / series.radius, x / series.radius);
        let (mut xi1, mut eta1) = (xi, eta);
        for (j, b) in series.beta.iter().enumerate() {
            let k = 2.0 * (j + 1) as f64;
            xi1 -= b * (k * xi).sin() * (k * eta).cosh();
            eta1 -= b * (k * xi).cos() * (k * eta).sinh();
        }
        let (s, c) = (eta1.sinh(), xi1.cos());
        let tau1 = xi1.sin() / s.hypot(c);
        let e = e2.sqrt();
        let mut tau = tau1 / (1.0 - e2);
        for _ in 0..6 {
            let sigma = (e * (e * tau / tau.hypot(1.0)).atanh()).sinh();
            let guess = tau * sigma.hypot(1.0) - sigma * tau.hypot(1.0);
            let step =
                (tau1 - guess) / guess.hypot(1.0) * (1.0 + (1.0 - e2) * tau * tau) / ((1.0 - e2) * tau.hypot(1.0));
            tau += step;
            if step.abs() < 1e-15 * tau.abs().max(1.0) {
                break;
            }
        }
        Ok((self.central_meridian_deg + s.atan2(c).to_degrees(), tau.atan().to_degrees()))
    }
}

struct Series {
    radius: f64,
    alpha: [f64; 6],
    beta: [f64; 6],
}

impl Series {
    fn new() -> Self {
        let n = F / (2.0 - F);
        let [n2, n3, n4, n5, n6] = [n * n, n.powi(3), n.powi(4), n.powi(5), n.powi(6)];
        Self {
            radius: A / (1.0 + n) * (1.0 + n2 / 4.0 + n4 / 64.0 + n6 / 256.0),
            alpha: [
                n / 2.0 - 2.0 / 3.0 * n2 + 5.0 / 16.0 * n3 + 41.0 / 180.0 * n4 - 127.0 / 288.0 * n5
                    + 7891.0 / 37800.0 * n6,
                13.0 / 48.0 * n2 - 3.0 / 5.0 * n3 + 557.0 / 1440.0 * n4 + 281.0 / 630.0 * n5
                    - 1_983_433.0 / 1_935_360.0 * n6,
                61.0 / 240.0 * n3 - 103.0 / 140.0 * n4 + 15061.0 / 26880.0 * n5 + 167_603.0 / 181_440.0 * n6,
                49561.0 / 161_280.0 * n4 - 179.0 / 168.0 * n5 + 6_601_661.0 / 7_257_600.0 * n6,
                34729.0 / 80640.0 * n5 - 3_418_889.0 / 1_995_840.0 * n6,
                212_378_941.0 / 319_334_400.0 * n6,
            ],
            beta: [
                n / 2.0 - 2.0 / 3.0 * n2 + 37.0 / 96.0 * n3 - n4 / 360.0 - 81.0 / 512.0 * n5 + 96199.0 / 604_800.0 * n6,
                n2 / 48.0 + n3 / 15.0 - 437.0 / 1440.0 * n4 + 46.0 / 105.0 * n5 - 1_118_711.0 / 3_870_720.0 * n6,
                17.0 / 480.0 * n3 - 37.0 / 840.0 * n4 - 209.0 / 4480.0 * n5 + 5569.0 / 90720.0 * n6,
                4397.0 / 161_280.0 * n4 - 11.0 / 504.0 * n5 - 830_251.0 / 7_257_600.0 * n6,
                4583.0 / 161_280.0 * n5 - 108_847.0 / 3_991_680.0 * n6,
                20_648_693.0 / 638_668_800.0 * n6,
            ],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn jining_in_three_belts() {
        for (epsg, e, n) in [
            (4548, 462_498.487_6, 3_920_757.505_6),
            (4527, 39_462_498.487_6, 3_920_757.505_6),
            (4549, 189_964.642, 3_926_033.929),
        ] {
            let (x, y) = GaussKrueger::from_epsg(epsg).unwrap().forward(116.5871, 35.4154).unwrap();
            assert!((x - e).abs() < 1e-3 && (y - n).abs() < 1e-3, "{epsg}: {x} {y}");
        }
        assert!(matches!(GaussKrueger::from_epsg(3857), Err(GeoError::Epsg(3857))));
        assert!(GaussKrueger::three_degree(117.0).forward(f64::NAN, 0.0).is_err());
        assert!(GaussKrueger::three_degree(117.0).inverse(39_462_498.0, 3_920_757.0).is_err());
    }

    proptest! {
        #[test]
        fn round_trips(dlon in -5.0..5.0f64, lat in -85.0..85.0f64, zone in 25u32..=45) {
            let gk = GaussKrueger::with_zone_prefix(zone).unwrap();
            let lon = f64::from(zone) * 3.0 + dlon;
            let (e, n) = gk.forward(lon, lat).unwrap();
            let (lon2, lat2) = gk.inverse(e, n).unwrap();
            prop_assert!((lon2 - lon).abs() < 1e-10 && (lat2 - lat).abs() < 1e-10, "{lon2} {lat2}");
        }
    }
}
