//! The fetches at the issuer over time, as SVG.

use std::path::Path;

use anyhow::{Context, Result, anyhow};
use plotters::prelude::*;

use super::plan::Plan;
use super::tally::{BIN, Tally};

/// One scenario; `rows`: without and with the shared store.
pub(super) fn svg(path: &Path, plan: &Plan, rows: &[(&str, Tally)]) -> Result<()> {
    let shown = path.display();
    draw(path, plan, rows).with_context(|| format!("{shown} cannot be drawn"))
}

fn draw(path: &Path, plan: &Plan, rows: &[(&str, Tally)]) -> Result<()> {
    let root = SVGBackend::new(path, SIZE).into_drawing_area();
    root.fill(&WHITE).map_err(told)?;
    let areas = root.split_evenly((rows.len(), 1));
    for (area, (name, tally)) in areas.iter().zip(rows) {
        let width = BIN.as_secs_f64() / 60.0;
        let peak = tally.bins.iter().copied().max().unwrap_or_default().max(1);
        let title = format!("{}{name}: fetches in 10 seconds, by minute", plan.scenario.name());
        let length = plan.length.as_secs_f64() / 60.0;
        let mut chart = ChartBuilder::on(area)
            .margin(12)
            .caption(title, ("sans-serif", 16))
            .x_label_area_size(26)
            .y_label_area_size(60)
            .build_cartesian_2d(0.0..length, 0.0..f64::from(peak) * 1.05)
            .map_err(told)?;
        chart.configure_mesh().light_line_style(WHITE).draw().map_err(told)?;
        let bars = (0_u32..).zip(&tally.bins).filter(|(_, count)| **count > 0);
        let bars = bars.map(|(place, &count)| {
            let from = f64::from(place) * width;
            Rectangle::new([(from, 0.0), (from + width, f64::from(count))], BLUE.filled())
        });
        chart.draw_series(bars).map_err(told)?;
    }
    root.present().map_err(told)
}

fn told(error: impl std::fmt::Display) -> anyhow::Error {
    anyhow!("{error}")
}

const SIZE: (u32, u32) = (900, 420);
