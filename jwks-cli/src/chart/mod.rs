//! Charts over time, as SVG and PNG: panels one below the other, with one time axis.

mod canvas;
#[cfg(test)]
mod tests;

use std::collections::HashSet;
use std::ops::Range;

use anyhow::{Result, anyhow};
use plotters::coord::Shift;
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use canvas::Canvas;

/// Panels one below the other.
#[derive(Clone, Debug)]
pub(crate) struct Page {
    /// Above the panels. The texts of a page are printable ASCII.
    pub(crate) title: String,
    /// The time axis ends here, in `unit`s; it begins at 0. Points after it are drawn at its end.
    pub(crate) until: f64,
    /// The unit of time, such as `s`.
    pub(crate) unit: &'static str,
    pub(crate) panels: Vec<Panel>,
}

/// One panel: what is drawn over the same axes.
#[derive(Clone, Debug)]
pub(crate) struct Panel {
    pub(crate) title: String,
    /// The unit of the values, such as `ms`.
    pub(crate) unit: &'static str,
    pub(crate) scale: Scale,
    /// The least and the largest value on the axis. Values outside are drawn at its ends.
    pub(crate) range: Range<f64>,
    pub(crate) series: Vec<Series>,
}

/// How values are spread over the axis.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Scale {
    #[cfg_attr(not(test), expect(dead_code, reason = "for charts of counts"))]
    Linear,
    /// By powers of ten: the range must be above 0.
    Log,
}

/// Values over time.
#[derive(Clone, Debug)]
pub(crate) struct Series {
    /// In the legend; none if there is nothing to tell apart.
    pub(crate) name: Option<&'static str>,
    pub(crate) color: RGBColor,
    pub(crate) shape: Shape,
    /// Time and value.
    pub(crate) points: Vec<(f64, f64)>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Shape {
    Dots,
    #[cfg_attr(not(test), expect(dead_code, reason = "for charts of counts"))]
    Line,
}

/// Colours that are told apart in both charts and by most eyes.
pub(crate) const BLUE: RGBColor = RGBColor(31, 119, 180);
pub(crate) const RED: RGBColor = RGBColor(200, 50, 40);

/// The page as SVG.
pub(crate) fn svg(page: &Page) -> Result<String> {
    let mut text = String::new();
    draw(page, SVGBackend::with_string(&mut text, page.size()))?;
    Ok(text)
}

/// The page as PNG.
pub(crate) fn png(page: &Page) -> Result<Vec<u8>> {
    let (width, height) = page.size();
    let mut pixels = vec![u8::MAX; width as usize * height as usize * 3];
    draw(page, Canvas::new(&mut pixels, (width, height)))?;
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.write_header()?.write_image_data(&pixels)?;
    Ok(file)
}

impl Page {
    /// Of the time axis, which has a length in any case.
    fn end(&self) -> f64 {
        self.until.max(0.001)
    }

    fn size(&self) -> (u32, u32) {
        let panels = u32::try_from(self.panels.len()).unwrap_or(u32::MAX).clamp(1, MOST_PANELS);
        (WIDTH, TITLE + panels * PANEL + TIME_AXIS)
    }
}

fn draw<B: DrawingBackend>(page: &Page, backend: B) -> Result<()> {
    draw_page(page, &backend.into_drawing_area())
        .map_err(|error| anyhow!("the chart cannot be drawn: {error}"))
}

type Outcome<B> = Result<(), DrawingAreaErrorKind<<B as DrawingBackend>::ErrorType>>;

fn draw_page<B: DrawingBackend>(page: &Page, root: &DrawingArea<B, Shift>) -> Outcome<B> {
    root.fill(&WHITE)?;
    root.draw_text(&page.title, &style(root, LARGE, BLACK, HPos::Left), (LEFT as i32, 8))?;
    let (_, mut rest) = root.split_vertically(TITLE);
    for (n, panel) in page.panels.iter().take(MOST_PANELS as usize).enumerate() {
        let last = n + 1 == page.panels.len().min(MOST_PANELS as usize);
        let (area, below) = rest.split_vertically(if last { PANEL + TIME_AXIS } else { PANEL });
        draw_panel(page, panel, &area, last)?;
        rest = below;
    }
    root.present()
}

fn draw_panel<B: DrawingBackend>(
    page: &Page,
    panel: &Panel,
    area: &DrawingArea<B, Shift>,
    last: bool,
) -> Outcome<B> {
    let (head, plot) = area.split_vertically(HEAD);
    head.draw_text(&panel.title, &style(&head, SMALL, BLACK, HPos::Left), (LEFT as i32, 4))?;
    let mut right = i32::try_from(WIDTH).unwrap_or(i32::MAX) - RIGHT;
    for series in panel.series.iter().rev() {
        let Some(name) = series.name else { continue };
        head.draw_text(name, &style(&head, SMALL, series.color, HPos::Right), (right, 4))?;
        right -= 10 * i32::try_from(name.len() + 2).unwrap_or_default();
    }
    let (low, high) = (panel.place(panel.range.start), panel.place(panel.range.end));
    let axis = if last { TIME_AXIS } else { 4 };
    let mut chart = ChartBuilder::on(&plot)
        .margin_right(RIGHT)
        .x_label_area_size(axis)
        .y_label_area_size(LEFT)
        .build_cartesian_2d(0.0..page.end(), low..high)?;
    let lines = match panel.scale {
        Scale::Linear => 4,
        // One for each power of ten.
        Scale::Log => (high - low).round() as usize + 1,
    };
    chart
        .configure_mesh()
        .disable_x_mesh()
        .light_line_style(TRANSPARENT)
        .x_labels(if last { 12 } else { 0 })
        .y_labels(lines)
        .x_label_formatter(&|time| format!("{} {}", number(*time), page.unit))
        .y_label_formatter(&|place| format!("{} {}", number(panel.value(*place)), panel.unit))
        .label_style(("sans-serif", SMALL))
        .draw()?;
    for series in &panel.series {
        draw_series(page, panel, series, &mut chart)?;
    }
    Ok(())
}

type Chart<'a, B> = ChartContext<'a, B, Cartesian2d<RangedCoordf64, RangedCoordf64>>;

fn draw_series<B: DrawingBackend>(
    page: &Page,
    panel: &Panel,
    series: &Series,
    chart: &mut Chart<'_, B>,
) -> Outcome<B> {
    let Range { start, end } = panel.range;
    let points = series.points.iter().map(|&(time, value)| {
        // Not `clamp`, which panics if the bounds are the wrong way round.
        (time.max(0.0).min(page.end()), panel.place(value.max(start).min(end)))
    });
    match series.shape {
        Shape::Line => {
            chart.draw_series(LineSeries::new(points, series.color.stroke_width(2)))?;
        }
        Shape::Dots => {
            let mut drawn = HashSet::new();
            // Of dots that would cover each other, one is enough.
            let points: Vec<_> = points
                .filter(|point| {
                    let (x, y) = chart.backend_coord(point);
                    drawn.insert((x / 3, y / 2))
                })
                .collect();
            let style = series.color.filled();
            chart.draw_series(points.into_iter().map(|point| Circle::new(point, 2, style)))?;
        }
    }
    Ok(())
}

impl Panel {
    /// Where a value is on the axis.
    fn place(&self, value: f64) -> f64 {
        match self.scale {
            Scale::Linear => value,
            Scale::Log => value.max(f64::MIN_POSITIVE).log10(),
        }
    }

    fn value(&self, place: f64) -> f64 {
        match self.scale {
            Scale::Linear => place,
            Scale::Log => 10_f64.powf(place),
        }
    }
}

fn style<'a, B: DrawingBackend>(
    area: &DrawingArea<B, Shift>,
    size: u32,
    color: RGBColor,
    side: HPos,
) -> TextStyle<'a> {
    let style = ("sans-serif", size).into_text_style(area).pos(Pos::new(side, VPos::Top));
    TextStyle { color: color.to_backend_color(), ..style }
}

/// As short as it can be told from its neighbours on an axis.
fn number(value: f64) -> String {
    let text = format!("{value:.6}");
    let short = text.trim_end_matches('0').trim_end_matches('.');
    if short.is_empty() || short == "-0" { "0".to_owned() } else { short.to_owned() }
}

const HEAD: u32 = 24;
const LARGE: u32 = 24;
const LEFT: u32 = 90;
const MOST_PANELS: u32 = 32;
const PANEL: u32 = 130;
const RIGHT: i32 = 30;
const SMALL: u32 = 18;
const TIME_AXIS: u32 = 30;
const TITLE: u32 = 44;
const WIDTH: u32 = 1000;
