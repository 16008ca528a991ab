//! Bars of medians with the range of the rounds, as SVG.

use super::figures::{Spread, number};
use plotters::prelude::*;
use std::error::Error;

const WIDTH: i32 = 760;
const ROW: i32 = 30;
const HEAD: i32 = 44;
/// Where the bars begin, and the longest ends.
const FROM: i32 = 100;
const TO: i32 = 600;
const OWN_COLOUR: RGBColor = RGBColor(0x0b, 0x6e, 0x99);
const COLOUR: RGBColor = RGBColor(0x9a, 0xa5, 0xb1);

/// A bar: whose it is, how long, and whether it is the product's own.
pub struct Bar {
    /// The target's name.
    pub name: String,
    /// Its figure.
    pub spread: Spread,
    /// Whether it stands out.
    pub own: bool,
}

/// A plot with one bar a target, as the text of an SVG file.
pub fn bars(title: &str, bars: &[Bar]) -> Result<String, Box<dyn Error>> {
    let mut svg = String::new();
    let height = HEAD + ROW * i32::try_from(bars.len())? + 10;
    let most = bars.iter().map(|bar| bar.spread.max).fold(f64::MIN_POSITIVE, f64::max);
    let x = |value: f64| FROM + (f64::from(TO - FROM) * value / most) as i32;
    {
        let size = (WIDTH.cast_unsigned(), height.cast_unsigned());
        let area = SVGBackend::with_string(&mut svg, size).into_drawing_area();
        area.fill(&WHITE)?;
        let font = |size: i32| ("sans-serif", size).into_font();
        area.draw(&Text::new(title.to_owned(), (10, 12), font(18)))?;
        for (row, bar) in (0..).zip(bars) {
            let top = HEAD + ROW * row;
            let middle = top + 10;
            let colour = if bar.own { OWN_COLOUR } else { COLOUR };
            let Spread { median, min, max } = bar.spread;
            area.draw(&Text::new(bar.name.clone(), (10, top + 3), font(15)))?;
            let corners = [(FROM, top), (x(median), top + 20)];
            area.draw(&Rectangle::new(corners, colour.filled()))?;
            area.draw(&PathElement::new([(x(min), middle), (x(max), middle)], BLACK))?;
            let at = (x(max) + 8, top + 3);
            area.draw(&Text::new(number(median), at, font(15)))?;
        }
        area.present()?;
    }
    Ok(svg)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bar(name: &str, median: f64, own: bool) -> Bar {
        let spread = Spread { median, min: median * 0.9, max: median * 1.1 };
        Bar { name: name.to_owned(), spread, own }
    }

    #[test]
    fn bars_are_as_long_as_their_figures() {
        let all = [bar("postroom", 1_000.0, true), bar("node", 500.0, false)];
        let svg = bars("Appends", &all).expect("a plot");
        let width = |colour: &str| {
            let line = svg.lines().find(|it| it.starts_with("<rect") && it.contains(colour));
            let line = line.expect("a bar");
            let from = line.find("width=\"").expect("a width") + 7;
            let rest = &line[from..];
            rest[..rest.find('"').expect("its end")].parse::<f64>().expect("a number")
        };
        let (own, other) = (width("#0B6E99"), width("#9AA5B1"));
        assert!((own / other - 2.0).abs() < 0.02, "{own} {other}");
        assert!(svg.contains("postroom") && svg.contains("1,000") && svg.contains("Appends"));
    }

    #[test]
    fn a_plot_of_nothing_is_a_plot() {
        assert!(bars("Nothing", &[]).expect("a plot").starts_with("<svg"));
    }
}
