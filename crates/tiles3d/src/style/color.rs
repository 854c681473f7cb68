//! Colours as CSS writes them, read as CesiumJS reads them: sRGB and alpha from 0 to 1.

use super::color_names::NAMES;

/// Reads a CSS keyword, `#rgb`, `#rgba`, `#rrggbb`, `#rrggbbaa`, `rgb()`, `rgba()`, `hsl()` or `hsla()`.
pub(super) fn parse(text: &str) -> Option<[f64; 4]> {
    let text = text.trim().to_ascii_lowercase();
    if let Some(hex) = text.strip_prefix('#') {
        return from_hex(hex);
    }
    if text == "transparent" {
        return Some([0.0; 4]);
    }
    if let Ok(at) = NAMES.binary_search_by_key(&text.as_str(), |(name, _)| name) {
        let (_, rgb) = NAMES.get(at)?;
        let byte = |shift: u32| f64::from((rgb >> shift & 0xff) as u8) / 255.0;
        return Some([byte(16), byte(8), byte(0), 1.0]);
    }
    from_function(&text)
}

fn from_hex(hex: &str) -> Option<[f64; 4]> {
    let digits: Vec<u8> = hex.chars().map(|c| c.to_digit(16).map(|d| d as u8)).collect::<Option<_>>()?;
    let fraction = |of: &[u8]| match of {
        [one] => f64::from(*one) / 15.0,
        [high, low] => f64::from(high << 4 | low) / 255.0,
        _ => 1.0,
    };
    let width = match digits.len() {
        3 | 4 => 1,
        6 | 8 => 2,
        _ => return None,
    };
    let mut rgba = [1.0; 4];
    for (to, from) in rgba.iter_mut().zip(digits.chunks(width)) {
        *to = fraction(from);
    }
    Some(rgba)
}

fn from_function(text: &str) -> Option<[f64; 4]> {
    let (name, rest) = text.split_once('(')?;
    let arguments: Vec<&str> =
        rest.strip_suffix(')')?.split(|c: char| c == ',' || c.is_whitespace()).filter(|a| !a.is_empty()).collect();
    let (colour, alpha) = match arguments.as_slice() {
        [a, b, c] => ([*a, *b, *c], 1.0),
        [a, b, c, alpha] => ([*a, *b, *c], decimal(alpha)?),
        _ => return None,
    };
    let [a, b, c] = colour;
    match name.trim_end() {
        "rgb" | "rgba" => {
            let component = |text: &str| match text.strip_suffix('%') {
                Some(percent) => Some(decimal(percent)? / 100.0),
                None => Some(decimal(text)? / 255.0),
            };
            Some([component(a)?, component(b)?, component(c)?, alpha])
        }
        "hsl" | "hsla" => {
            let percent = |text: &str| Some(decimal(text.strip_suffix('%')?)? / 100.0);
            Some(hsla(decimal(a)? / 360.0, percent(b)?, percent(c)?, alpha))
        }
        _ => None,
    }
}

fn decimal(text: &str) -> Option<f64> {
    text.bytes().all(|b| b.is_ascii_digit() || b == b'.').then(|| text.parse().ok())?
}

/// Hue, saturation, lightness and alpha, all from 0 to 1, as red, green, blue and alpha (CSS Color Module Level 3, 4.2.4).
pub(super) fn hsla(hue: f64, saturation: f64, lightness: f64, alpha: f64) -> [f64; 4] {
    let hue = hue % 1.0;
    if saturation == 0.0 {
        return [lightness, lightness, lightness, alpha];
    }
    let high =
        if lightness < 0.5 { lightness * (1.0 + saturation) } else { lightness + saturation - lightness * saturation };
    let low = 2.0 * lightness - high;
    let channel = |h: f64| {
        let h = if h < 0.0 { h + 1.0 } else { h };
        let h = if h > 1.0 { h - 1.0 } else { h };
        if h * 6.0 < 1.0 {
            low + (high - low) * 6.0 * h
        } else if h * 2.0 < 1.0 {
            high
        } else if h * 3.0 < 2.0 {
            low + (high - low) * (2.0 / 3.0 - h) * 6.0
        } else {
            low
        }
    };
    [channel(hue + 1.0 / 3.0), channel(hue), channel(hue - 1.0 / 3.0), alpha]
}

/// A component from 0 to 1 as a byte; what is no number is 0.
pub(super) fn byte(component: f64) -> u8 {
    // The cast saturates and takes NaN to 0.
    (component * 255.0 + 0.5) as u8
}
