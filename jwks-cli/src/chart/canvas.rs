//! Pixels to draw on. Letters come with the program, so that no machine's fonts are needed.

use std::convert::Infallible;

use noto_sans_mono_bitmap::{FontWeight, RasterHeight, RasterizedChar, get_raster};
use plotters_backend::text_anchor::{HPos, VPos};
use plotters_backend::{BackendColor, BackendTextStyle, DrawingBackend, DrawingErrorKind};

/// Three bytes a pixel: red, green, blue.
#[derive(Debug)]
pub(super) struct Canvas<'p> {
    pixels: &'p mut [u8],
    size: (u32, u32),
}

impl<'p> Canvas<'p> {
    pub(super) const fn new(pixels: &'p mut [u8], size: (u32, u32)) -> Self {
        Self { pixels, size }
    }
}

type Outcome = Result<(), DrawingErrorKind<Infallible>>;

impl DrawingBackend for Canvas<'_> {
    type ErrorType = Infallible;

    fn get_size(&self) -> (u32, u32) {
        self.size
    }

    fn ensure_prepared(&mut self) -> Outcome {
        Ok(())
    }

    fn present(&mut self) -> Outcome {
        Ok(())
    }

    fn draw_pixel(&mut self, (x, y): (i32, i32), color: BackendColor) -> Outcome {
        let inside = |at: i32, size: u32| u32::try_from(at).ok().filter(|at| *at < size);
        let (width, height) = self.size;
        if let (Some(x), Some(y)) = (inside(x, width), inside(y, height)) {
            let at = (y as usize * width as usize + x as usize) * 3;
            let (red, green, blue) = color.rgb;
            for (pixel, ink) in self.pixels.iter_mut().skip(at).zip([red, green, blue]) {
                let mixed = f64::from(*pixel) * (1.0 - color.alpha) + f64::from(ink) * color.alpha;
                *pixel = mixed.round() as u8;
            }
        }
        Ok(())
    }

    fn draw_text<S: BackendTextStyle>(
        &mut self,
        text: &str,
        style: &S,
        (x, y): (i32, i32),
    ) -> Outcome {
        let (width, height) = self.estimate_text_size(text, style)?;
        let (width, height) = (width as i32, height as i32);
        let anchor = style.anchor();
        let mut left = match anchor.h_pos {
            HPos::Left => x,
            HPos::Center => x - width / 2,
            HPos::Right => x - width,
        };
        let top = match anchor.v_pos {
            VPos::Top => y,
            VPos::Center => y - height / 2,
            VPos::Bottom => y - height,
        };
        let color = style.color();
        for glyph in glyphs(text, style.size()) {
            for (down, row) in glyph.rows().enumerate() {
                for (along, ink) in row.iter().enumerate() {
                    let alpha = color.alpha * f64::from(*ink) / 255.0;
                    let at = (left + along as i32, top + down as i32);
                    self.draw_pixel(at, BackendColor { alpha, rgb: color.rgb })?;
                }
            }
            left += glyph.width() as i32;
        }
        Ok(())
    }

    fn estimate_text_size<S: BackendTextStyle>(
        &self,
        text: &str,
        style: &S,
    ) -> Result<(u32, u32), DrawingErrorKind<Infallible>> {
        let size = glyphs(text, style.size())
            .fold((0, 0), |(width, _), glyph| (width + glyph.width(), glyph.height()));
        Ok((size.0 as u32, size.1 as u32))
    }
}

fn glyphs(text: &str, size: f64) -> impl Iterator<Item = RasterizedChar> {
    let height = if size > 20.0 { RasterHeight::Size20 } else { RasterHeight::Size16 };
    let glyph = move |letter| get_raster(letter, FontWeight::Regular, height);
    text.chars().filter_map(move |letter| glyph(letter).or_else(|| glyph('?')))
}
