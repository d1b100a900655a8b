//! Draws a scene.

use ab_glyph::{Font as _, PxScale, ScaleFont as _, point};
use scout_platform::Picture;
use tiny_skia::{Color, FillRule, Paint, PathBuilder, Pixmap, Rect, Stroke, Transform};

use super::font::Fonts;
use super::scene::Scene;

/// The picture's size. This and what follows is in points.
const SIZE: (u32, u32) = (640, 48);
/// The dot that shows the state.
const DOT: (f32, f32, f32) = (26.0, 24.0, 9.0);
/// How far the ring around the dot is from it, and how much wider it is with each level.
const RING: (f32, f32) = (1.5, 2.5);
/// Where the text begins, and where it ends at the latest.
const TEXT: (f32, f32) = (48.0, 624.0);
/// Height of the letters.
const LETTERS: f32 = 20.0;
/// Dark enough for white letters over any window, without hiding it.
const GROUND: [u8; 4] = [24, 24, 28, 225];
const INK: [u8; 3] = [245, 245, 245];

/// The picture of a scene, with so many pixels to a point.
pub(super) fn draw(scene: &Scene, fonts: &mut Fonts, scale: u32) -> Picture {
    let (width, height) = (SIZE.0 * scale, SIZE.1 * scale);
    let mut pixels = background(scene, scale).map_or_else(|| vec![0; (width * height * 4) as usize], Pixmap::take);
    write(&mut pixels, &scene.text, fonts, scale);
    Picture { width, height, scale, pixels }
}

/// `None` cannot happen with a size above zero.
fn background(scene: &Scene, scale: u32) -> Option<Pixmap> {
    let (width, height) = SIZE;
    let mut pixmap = Pixmap::new(width * scale, height * scale)?;
    let larger = Transform::from_scale(scale as f32, scale as f32);
    pixmap.fill(Color::TRANSPARENT);
    let mut paint = Paint { anti_alias: true, ..Paint::default() };
    let [red, green, blue, opacity] = GROUND;
    paint.set_color_rgba8(red, green, blue, opacity);
    let (right, radius) = (width as f32, height as f32 / 2.0);
    let ends =
        [PathBuilder::from_circle(radius, radius, radius), PathBuilder::from_circle(right - radius, radius, radius)];
    let middle = Rect::from_ltrb(radius, 0.0, right - radius, height as f32)?;
    let mut shape = PathBuilder::new();
    for end in ends.into_iter().flatten() {
        shape.push_path(&end);
    }
    shape.push_rect(middle);
    pixmap.fill_path(&shape.finish()?, &paint, FillRule::Winding, larger, None);
    let [red, green, blue] = scene.colour;
    paint.set_color_rgba8(red, green, blue, u8::MAX);
    let dot = PathBuilder::from_circle(DOT.0, DOT.1, DOT.2)?;
    pixmap.fill_path(&dot, &paint, FillRule::Winding, larger, None);
    if scene.level > 0 {
        let ring = PathBuilder::from_circle(DOT.0, DOT.1, DOT.2 + RING.0 + RING.1 * f32::from(scene.level))?;
        pixmap.stroke_path(&ring, &paint, &Stroke { width: RING.0, ..Stroke::default() }, larger, None);
    }
    Some(pixmap)
}

/// Writes a line. If it is too long, its first words are left out: what was said last is what the user looks for.
fn write(pixels: &mut [u8], text: &str, fonts: &mut Fonts, scale: u32) {
    let times = scale as f32;
    let size = (SIZE.0 * scale, SIZE.1 * scale);
    let scale = PxScale::from(LETTERS * times);
    let widths: Vec<f32> = text.chars().map(|character| width_of(character, scale, fonts)).collect();
    let left_out = first_that_fits(text, &widths, (TEXT.1 - TEXT.0) * times);
    let mut x = TEXT.0 * times;
    for (character, width) in text.chars().zip(&widths).skip(left_out) {
        if let Some((font, id)) = fonts.glyph(character) {
            let scaled = font.as_scaled(scale);
            let baseline = f32::midpoint(size.1 as f32, scaled.ascent() + scaled.descent());
            if let Some(outline) = font.outline_glyph(id.with_scale_and_position(scale, point(x, baseline))) {
                let bounds = outline.px_bounds();
                outline.draw(|dx, dy, cover| {
                    blend(pixels, size, bounds.min.x + dx as f32, bounds.min.y + dy as f32, cover);
                });
            }
        }
        x += width;
    }
}

/// The place of the first character that is written, so that the rest is no wider than `room`: the beginning of a word, if one
/// fits at all.
fn first_that_fits(text: &str, widths: &[f32], room: f32) -> usize {
    let mut width = 0.0;
    let fits = |wide: &&f32| {
        width += **wide;
        width <= room
    };
    let first = widths.len() - widths.iter().rev().take_while(fits).count();
    let mut before = text.chars().skip(first.saturating_sub(1));
    match before.position(|character| character == ' ') {
        Some(space) if first > 0 => (first + space).min(widths.len()),
        _ => first,
    }
}

fn width_of(character: char, scale: PxScale, fonts: &mut Fonts) -> f32 {
    fonts.glyph(character).map_or(0.0, |(font, id)| font.as_scaled(scale).h_advance(id))
}

/// Puts ink on a pixel, as far as the letter covers it.
fn blend(pixels: &mut [u8], size: (u32, u32), x: f32, y: f32, cover: f32) {
    if x < 0.0 || y < 0.0 || x >= size.0 as f32 || y >= size.1 as f32 {
        return;
    }
    let at = (y as usize * size.0 as usize + x as usize) * 4;
    let Some(pixel) = pixels.get_mut(at..at + 4) else { return };
    let cover = cover.clamp(0.0, 1.0);
    for (value, ink) in pixel.iter_mut().zip(INK.into_iter().chain([u8::MAX])) {
        *value = (f32::from(*value) * (1.0 - cover) + f32::from(ink) * cover).round() as u8;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_is_too_long_begins_with_a_whole_word() {
        for (text, room, first) in [
            ("one two three", 13.0, 0),
            ("one two three", 12.0, 4),
            ("one two three", 9.0, 4),
            ("one two three", 8.0, 8),
            ("one two three", 5.0, 8),
            // A word that is longer than the line is shown as far as it fits.
            ("one two three", 4.0, 9),
            ("", 4.0, 0),
        ] {
            assert_eq!(first_that_fits(text, &vec![1.0; text.len()], room), first, "{text:?} in {room}");
        }
    }

    fn scaled(text: &str, scale: u32) -> Picture {
        draw(&Scene { colour: [230, 60, 60], text: text.to_owned(), level: 0 }, &mut Fonts::of_system(), scale)
    }

    fn drawn(text: &str) -> Picture {
        scaled(text, 1)
    }

    /// How much of the picture has letters.
    fn inked(picture: &Picture) -> usize {
        picture.pixels.chunks_exact(4).filter(|pixel| pixel[..3] == INK).count()
    }

    #[test]
    fn on_a_finer_screen_everything_has_more_pixels() {
        let (plain, fine) = (scaled("Listening", 1), scaled("Listening", 2));
        assert_eq!((fine.width, fine.height, fine.scale), (plain.width * 2, plain.height * 2, 2));
        let dot = (DOT.1 as usize * 2 * fine.width as usize + DOT.0 as usize * 2) * 4;
        assert_eq!(&fine.pixels[dot..dot + 4], [230, 60, 60, 255]);
        assert!(Fonts::of_system().is_empty() || inked(&fine) > inked(&plain) * 2);
    }

    #[test]
    fn a_picture_has_the_state_and_different_texts_look_different() {
        let picture = drawn("Listening");
        assert_eq!(picture.pixels.len(), (picture.width * picture.height * 4) as usize);
        let dot = (DOT.1 as usize * SIZE.0 as usize + DOT.0 as usize) * 4;
        assert_eq!(&picture.pixels[dot..dot + 4], [230, 60, 60, 255]);
        assert_eq!(&picture.pixels[..4], [0; 4], "the corner is transparent");
        // A machine without any font shows the state alone.
        if !Fonts::of_system().is_empty() {
            assert_ne!(picture, drawn("Writing"));
        }
    }

    #[test]
    fn a_louder_voice_has_a_wider_ring() {
        let reddish = |level| {
            let scene = Scene { colour: [230, 60, 60], text: String::new(), level };
            let picture = draw(&scene, &mut Fonts::of_system(), 2);
            picture.pixels.chunks_exact(4).filter(|pixel| pixel[0] > 150).count()
        };
        assert!(reddish(0) < reddish(1) && reddish(1) < reddish(super::super::scene::LOUDEST));
    }

    #[test]
    fn any_text_fits() {
        drawn(&"a long text that goes on and on ".repeat(20));
        drawn("\u{4f60}\u{597d} \u{1f642} \u{627}\u{644}\u{201d}");
        drawn("");
    }
}
