//! A picture under construction.

use std::fmt::Write as _;

/// From one line of a legend to the next.
pub(super) const LINE: f64 = 19.0;

/// A picture to which marks and texts are added.
pub(super) struct Canvas {
    width: f64,
    body: String,
}

/// Where a text stands beside its point.
#[derive(Clone, Copy)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// How a text looks.
#[derive(Clone, Copy)]
pub(super) enum Style {
    Plain,
    Heading,
    /// What explains, and is not read first.
    Note,
}

/// The form of a mark.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Shape {
    Circle,
    Square,
    /// A triangle that points up.
    Up,
    /// A triangle that points down.
    Down,
    Diamond,
}

/// A mark of a peer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Mark {
    pub(super) shape: Shape,
    pub(super) colour: &'static str,
}

impl Canvas {
    pub(super) fn new(width: f64) -> Self {
        let body = String::new();
        Self { width, body }
    }

    pub(super) fn text(&mut self, x: f64, y: f64, anchor: Anchor, style: Style, text: &str) {
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        let class = match style {
            Style::Plain => "",
            Style::Heading => " class=\"heading\"",
            Style::Note => " class=\"note\"",
        };
        let text = text
            .replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('>', "&gt;");
        let _ = writeln!(
            self.body,
            r#"<text x="{x:.1}" y="{y:.1}" text-anchor="{anchor}"{class}>{text}</text>"#
        );
    }

    pub(super) fn line(&mut self, from: (f64, f64), to: (f64, f64)) {
        self.path("", from, to);
    }

    /// A line with which others are compared.
    pub(super) fn strong_line(&mut self, from: (f64, f64), to: (f64, f64)) {
        self.path(" class=\"strong\"", from, to);
    }

    fn path(&mut self, class: &str, from: (f64, f64), to: (f64, f64)) {
        let _ = writeln!(
            self.body,
            r#"<path{class} d="M{:.1} {:.1}L{:.1} {:.1}"/>"#,
            from.0, from.1, to.0, to.1
        );
    }

    pub(super) fn curve(&mut self, points: &[(f64, f64)], colour: &str) {
        let points: Vec<String> = points
            .iter()
            .map(|(x, y)| format!("{x:.1},{y:.1}"))
            .collect();
        let _ = writeln!(
            self.body,
            r#"<polyline points="{}" fill="none" stroke="{colour}" stroke-width="2"/>"#,
            points.join(" ")
        );
    }

    pub(super) fn mark(&mut self, x: f64, y: f64, mark: Mark) {
        let corners: &[(f64, f64)] = match mark.shape {
            Shape::Circle => &[],
            Shape::Square => &[(-4.0, -4.0), (4.0, -4.0), (4.0, 4.0), (-4.0, 4.0)],
            Shape::Up => &[(0.0, -5.5), (5.5, 4.5), (-5.5, 4.5)],
            Shape::Down => &[(0.0, 5.5), (5.5, -4.5), (-5.5, -4.5)],
            Shape::Diamond => &[(-7.0, 0.0), (0.0, -7.0), (7.0, 0.0), (0.0, 7.0)],
        };
        let corners: Vec<String> = corners
            .iter()
            .map(|(right, down)| format!("{:.1},{:.1}", x + right, y + down))
            .collect();
        let (corners, colour) = (corners.join(" "), mark.colour);
        let _ = match mark.shape {
            Shape::Circle => writeln!(
                self.body,
                r#"<circle cx="{x:.1}" cy="{y:.1}" r="4.5" fill="{colour}"/>"#
            ),
            _ => writeln!(
                self.body,
                r#"<polygon points="{corners}" fill="{colour}"/>"#
            ),
        };
    }

    /// One entry under another, from that point on.
    pub(super) fn legend<'a>(
        &mut self,
        x: f64,
        y: f64,
        entries: impl Iterator<Item = (&'a str, Mark)>,
    ) {
        for (at, (name, mark)) in entries.enumerate() {
            let y = y + LINE * at as f64;
            self.mark(x, y - 4.0, mark);
            self.text(x + 13.0, y, Anchor::Start, Style::Plain, name);
        }
    }

    /// The picture, with these lines under what is drawn down to `bottom`.
    pub(super) fn finish(mut self, bottom: f64, foot: &[String]) -> String {
        for (at, line) in foot.iter().enumerate() {
            let y = bottom + 26.0 + 16.0 * at as f64;
            self.text(self.width / 2.0, y, Anchor::Middle, Style::Note, line);
        }
        let (width, height) = (self.width, bottom + 20.0 + 16.0 * foot.len() as f64);
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\">\n\
             <style>text{{font:12px sans-serif;fill:#333}}.heading{{font:bold 14px sans-serif}}\
             .note{{font-size:11px;fill:#666}}path{{stroke:#8884;fill:none}}.strong{{stroke:#888}}\
             .page{{fill:#fff}}circle,polygon{{stroke:#fff}}@media(prefers-color-scheme:dark){{\
             text{{fill:#ccc}}.note{{fill:#999}}.page{{fill:#0d1117}}\
             circle,polygon{{stroke:#0d1117}}}}</style>\n\
             <rect class=\"page\" width=\"100%\" height=\"100%\"/>\n\
             {}</svg>\n",
            self.body
        )
    }
}
