use super::*;

fn page(panels: usize) -> Page {
    let points = |far: f64| (0..100).map(|n| (f64::from(n), far * f64::from(n))).collect();
    let panel = Panel {
        title: "a < b & c".to_owned(),
        unit: "ms",
        scale: Scale::Log,
        range: 0.01..1000.0,
        series: vec![
            Series { name: Some("one"), color: BLUE, shape: Shape::Dots, points: points(1.0) },
            Series { name: Some("two"), color: RED, shape: Shape::Line, points: points(1e9) },
        ],
    };
    Page { title: "A title".to_owned(), until: 100.0, unit: "s", panels: vec![panel; panels] }
}

#[test]
fn an_svg_has_its_texts_and_its_points() {
    let text = svg(&page(2)).unwrap();
    for said in ["A title", "a &lt; b &amp; c", "1000 ms", "0.01 ms", "50 s", "one", "two"] {
        assert!(text.contains(said), "{said}: {text}");
    }
    assert!(text.matches("<circle").count() > 50);
    assert_eq!(text.matches("stroke-width=\"2\"").count(), 2);
    assert!(text.trim_end().ends_with("</svg>"));
}

#[test]
fn dots_that_cover_each_other_are_drawn_once() {
    let mut page = page(1);
    let same = vec![(50.0, 10.0); 1000];
    for series in &mut page.panels[0].series {
        (series.points, series.shape) = (same.clone(), Shape::Dots);
    }
    assert_eq!(svg(&page).unwrap().matches("<circle").count(), 2);
}

#[test]
fn a_png_has_letters_and_colours() {
    let (page, mut empty) = (page(1), page(1));
    empty.panels[0].series.clear();
    let decode = |page| {
        let file = png(page).unwrap();
        let mut reader = png::Decoder::new(std::io::Cursor::new(file)).read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        reader.next_frame(&mut pixels).unwrap();
        pixels
    };
    let count = |pixels: &[u8], color: RGBColor| {
        pixels.chunks(3).filter(|it| **it == [color.0, color.1, color.2]).count()
    };
    let (drawn, bare) = (decode(&page), decode(&empty));
    assert!(count(&drawn, BLUE) > 500 && count(&drawn, RED) > 500);
    assert_eq!((count(&bare, BLUE), count(&bare, RED)), (0, 0));
    let title = &bare[..bare.len() / 5 / 3 * 3];
    assert!(count(title, RGBColor(0, 0, 0)) > 20, "the title is written");
}

#[test]
fn numbers_on_an_axis_are_short() {
    let shown = [0.01, 0.1, 1.0, 1000.0, 0.0, -0.0, 2.5].map(number);
    assert_eq!(shown, ["0.01", "0.1", "1", "1000", "0", "0", "2.5"]);
}

#[test]
fn a_page_without_panels_or_time_is_no_panic() {
    let mut nothing = page(0);
    nothing.until = 0.0;
    assert!(svg(&nothing).is_ok() && png(&nothing).is_ok());
    let mut no_time = page(1);
    no_time.panels[0].scale = Scale::Linear;
    no_time.until = 0.0;
    assert!(svg(&no_time).is_ok());
}
