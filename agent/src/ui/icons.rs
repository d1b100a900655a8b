//! The tray's icons, drawn in code: sharp at any size, and telling the states apart by shape as well as by colour.

use super::View;
use crate::control::State;

/// What the icon says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Look {
    /// What the agent is doing.
    pub shape: Shape,
    /// Whether a text waits to be delivered: a dot in the corner, whatever the agent is doing.
    pub badge: bool,
}

/// The icon without its badge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Shape {
    /// A microphone: ready.
    Idle,
    /// A microphone in a ring: ready, and the microphone is open for a voice.
    HandsFree,
    /// A microphone in a filled disc: recording.
    Listening,
    /// A microphone in an amber disc: ready, with other settings than the user wrote.
    Misconfigured,
    /// Three dots in a disc: transcribing or typing.
    Working,
    /// An exclamation mark in a triangle: dictation does not work.
    Error,
}

impl Look {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self { shape: Shape::Idle, badge: false },
        Self { shape: Shape::HandsFree, badge: false },
        Self { shape: Shape::Misconfigured, badge: false },
        Self { shape: Shape::Listening, badge: false },
        Self { shape: Shape::Working, badge: false },
        Self { shape: Shape::Error, badge: false },
        Self { shape: Shape::Idle, badge: true },
        Self { shape: Shape::HandsFree, badge: true },
        Self { shape: Shape::Misconfigured, badge: true },
        Self { shape: Shape::Listening, badge: true },
        Self { shape: Shape::Working, badge: true },
        Self { shape: Shape::Error, badge: true },
    ];

    /// What the icon is to say of this.
    pub fn of(view: &View) -> Self {
        let shape = match view.state {
            State::Idle if view.hands_free => Shape::HandsFree,
            State::Idle if view.misconfigured => Shape::Misconfigured,
            State::Idle => Shape::Idle,
            State::Listening => Shape::Listening,
            State::Finishing | State::Delivering => Shape::Working,
            State::Error => Shape::Error,
        };
        Self { shape, badge: view.held }
    }
}

type Colour = [u8; 3];

const WHITE: Colour = [0xff, 0xff, 0xff];
const DARK: Colour = [0x20, 0x24, 0x2c];
const RED: Colour = [0xd8, 0x1e, 0x2c];
const BLUE: Colour = [0x1c, 0x6d, 0xd0];
const AMBER: Colour = [0xf5, 0xb4, 0x00];

/// Width of the dark rim that keeps a white shape visible on a light panel, as a part of the icon's width.
const RIM: f32 = 0.055;

/// Each pixel is the mean of this many samples across and down: edges look smooth, and drawing takes well under a millisecond.
const SAMPLES: usize = 4;

/// The icon as rows of red, green, blue and alpha bytes, `size` by `size` pixels, not premultiplied.
pub fn draw(look: Look, size: usize) -> Vec<u8> {
    let mut pixels = Vec::with_capacity(size * size * 4);
    for row in 0..size {
        for column in 0..size {
            pixels.extend(pixel(look, size, column, row));
        }
    }
    pixels
}

fn pixel(look: Look, size: usize, column: usize, row: usize) -> [u8; 4] {
    let mut sums = [0_f32; 3];
    let mut covered = 0_f32;
    for sample in 0..SAMPLES * SAMPLES {
        let at = |pixel: usize, sample: usize| (pixel as f32 + (sample as f32 + 0.5) / SAMPLES as f32) / size as f32;
        if let Some(colour) = colour_at(look, [at(column, sample % SAMPLES), at(row, sample / SAMPLES)]) {
            covered += 1.0;
            for (sum, part) in sums.iter_mut().zip(colour) {
                *sum += f32::from(part);
            }
        }
    }
    let [red, green, blue] = sums.map(|sum| (sum / covered.max(1.0)).round() as u8);
    [red, green, blue, (covered / (SAMPLES * SAMPLES) as f32 * 255.0).round() as u8]
}

/// The colour at a point of the unit square, `None` where the panel shows through.
fn colour_at(look: Look, point: [f32; 2]) -> Option<Colour> {
    // Layers from front to back: how far the point is from a shape (negative inside), and the shape's colour.
    let dot = if look.badge { disc(point, [0.79, 0.21], 0.15) } else { f32::INFINITY };
    let badge = [(dot, AMBER), (dot - RIM, DARK)];
    let shape: &[(f32, Colour)] = match look.shape {
        Shape::Idle => &[(microphone(point, 1.0), WHITE), (microphone(point, 1.0) - RIM, DARK)],
        Shape::Listening => &[(microphone(point, 0.72), WHITE), (disc(point, [0.5, 0.5], 0.48), RED)],
        Shape::HandsFree => {
            let ring = (length(point, [0.5, 0.5]) - 0.42).abs() - 0.06;
            let microphone = microphone(point, 0.6);
            &[(microphone, WHITE), (microphone - RIM, DARK), (ring, RED)]
        }
        Shape::Misconfigured => &[(microphone(point, 0.72), DARK), (disc(point, [0.5, 0.5], 0.48), AMBER)],
        Shape::Working => {
            let dots = [0.25, 0.5, 0.75].map(|x| disc(point, [x, 0.5], 0.085));
            &[(dots.into_iter().fold(f32::INFINITY, f32::min), WHITE), (disc(point, [0.5, 0.5], 0.48), BLUE)]
        }
        Shape::Error => {
            let mark = line(point, [0.5, 0.38], [0.5, 0.60], 0.055).min(disc(point, [0.5, 0.76], 0.06));
            &[(mark, DARK), (triangle(point), AMBER)]
        }
    };
    badge.iter().chain(shape).find(|(distance, _)| *distance <= 0.0).map(|(_, colour)| *colour)
}

/// A microphone on its stand, `scale` times its full height.
fn microphone(point: [f32; 2], scale: f32) -> f32 {
    let point = point.map(|part| (part - 0.5) / scale + 0.5);
    let body = line(point, [0.5, 0.23], [0.5, 0.43], 0.14);
    let cradle = ((length(point, [0.5, 0.43]) - 0.25).abs() - 0.04).max(0.43 - point[1]);
    let stand = line(point, [0.5, 0.68], [0.5, 0.86], 0.04).min(line(point, [0.36, 0.88], [0.64, 0.88], 0.045));
    body.min(cradle).min(stand) * scale
}

/// A triangle with round corners, standing on its base.
fn triangle(point: [f32; 2]) -> f32 {
    const CORNERS: [[f32; 2]; 3] = [[0.5, 0.13], [0.91, 0.86], [0.09, 0.86]];
    const ROUND: f32 = 0.07;
    let inside = (0..3).all(|corner| {
        let ([ax, ay], [bx, by]) = (CORNERS[corner], CORNERS[(corner + 1) % 3]);
        (bx - ax) * (point[1] - ay) - (by - ay) * (point[0] - ax) >= 0.0
    });
    let edge = (0..3)
        .map(|corner| line(point, CORNERS[corner], CORNERS[(corner + 1) % 3], ROUND))
        .fold(f32::INFINITY, f32::min);
    if inside { edge.min(-f32::EPSILON) } else { edge }
}

/// A straight line with round ends.
fn line(point: [f32; 2], from: [f32; 2], to: [f32; 2], radius: f32) -> f32 {
    let (along, reach) = ([to[0] - from[0], to[1] - from[1]], [point[0] - from[0], point[1] - from[1]]);
    let part = (reach[0] * along[0] + reach[1] * along[1]) / (along[0] * along[0] + along[1] * along[1]);
    let part = part.clamp(0.0, 1.0);
    length(point, [from[0] + part * along[0], from[1] + part * along[1]]) - radius
}

fn disc(point: [f32; 2], centre: [f32; 2], radius: f32) -> f32 {
    length(point, centre) - radius
}

fn length(one: [f32; 2], other: [f32; 2]) -> f32 {
    (one[0] - other[0]).hypot(one[1] - other[1])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How much of the icon's area is bright, dark or empty at each pixel: what is left of it without colour.
    fn without_colour(look: Look) -> Vec<i32> {
        draw(look, 32)
            .chunks(4)
            .map(|pixel| {
                let bright = (i32::from(pixel[0]) * 3 + i32::from(pixel[1]) * 6 + i32::from(pixel[2])) / 10;
                if pixel[3] < 128 { -1 } else { bright }
            })
            .collect()
    }

    #[test]
    fn every_icon_has_its_size_a_clear_edge_and_something_in_it() {
        for (look, size) in Look::ALL.into_iter().flat_map(|look| [(look, 16), (look, 32), (look, 64)]) {
            let pixels = draw(look, size);
            assert_eq!(pixels.len(), size * size * 4);
            let alpha = |column: usize, row: usize| pixels[(row * size + column) * 4 + 3];
            for corner in [(0, 0), (size - 1, 0), (0, size - 1), (size - 1, size - 1)] {
                assert_eq!(alpha(corner.0, corner.1), 0, "{look:?} fills its corner");
            }
            let opaque = pixels.chunks(4).filter(|pixel| pixel[3] == 255).count();
            assert!(opaque * 6 > size * size, "{look:?} at {size} is too thin to be seen: {opaque} pixels");
        }
    }

    #[test]
    fn icons_differ_without_colour() {
        for (number, one) in Look::ALL.into_iter().enumerate() {
            for other in Look::ALL.into_iter().skip(number + 1) {
                let differing = without_colour(one)
                    .iter()
                    .zip(without_colour(other))
                    .filter(|(one, other)| (**one - other).abs() > 60)
                    .count();
                assert!(differing > 32 * 32 / 20, "{one:?} and {other:?} differ in {differing} pixels only");
            }
        }
    }

    #[test]
    fn the_icon_follows_the_state() {
        let cases = [
            (State::Idle, Shape::Idle),
            (State::Listening, Shape::Listening),
            (State::Finishing, Shape::Working),
            (State::Delivering, Shape::Working),
            (State::Error, Shape::Error),
        ];
        for (state, shape) in cases {
            for held in [false, true] {
                assert_eq!(Look::of(&View { state, held, ..View::default() }), Look { shape, badge: held });
            }
        }
        let misconfigured = View { misconfigured: true, ..View::default() };
        assert_eq!(Look::of(&misconfigured), Look { shape: Shape::Misconfigured, badge: false });
        let open = View { held: true, hands_free: true, ..View::default() };
        assert_eq!(Look::of(&open), Look { shape: Shape::HandsFree, badge: true });
    }
}
