//! Results that are no comparison of peers round by round: rows of figures under headings.

use std::fmt::{self, Display};

use super::text;
use crate::harness::Unit;
use crate::json::Json;

/// Rows of figures.
#[derive(Debug)]
pub(crate) struct Grid {
    pub(crate) topic: &'static str,
    pub(crate) title: String,
    /// One sentence: what the figures are.
    pub(crate) about: String,
    /// What the names of the rows are.
    pub(crate) rows_are: &'static str,
    pub(crate) columns: Vec<Column>,
    pub(crate) rows: Vec<(String, Vec<Option<f64>>)>,
    /// A result of all rows.
    pub(crate) result: Option<String>,
}

/// The heading of a column, and what its figures are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Column {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
}

/// How the figures of a column are shown.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Kind {
    /// Nanoseconds.
    Time,
    /// A number of operations a second.
    Rate,
    /// Bytes.
    Bytes,
}

impl Column {
    pub(crate) const fn time(name: &'static str) -> Self {
        let kind = Kind::Time;
        Self { name, kind }
    }

    pub(crate) const fn rate(name: &'static str) -> Self {
        let kind = Kind::Rate;
        Self { name, kind }
    }

    pub(crate) const fn bytes(name: &'static str) -> Self {
        let kind = Kind::Bytes;
        Self { name, kind }
    }

    fn show(self, figure: Option<f64>) -> String {
        match (figure, self.kind) {
            (None, _) => "-".into(),
            (Some(figure), Kind::Time) => Unit::Nanoseconds.show(figure),
            (Some(figure), Kind::Rate) => Unit::PerSecond.show(figure),
            (Some(figure), Kind::Bytes) => format!("{figure:.0} B"),
        }
    }
}

impl Grid {
    pub(super) fn json(&self) -> Json {
        let columns = self.columns.iter().map(|column| Json::text(column.name));
        let rows = self.rows.iter().map(|(name, figures)| {
            let figures = figures.iter().copied().map(Json::number).collect();
            Json::Object(vec![
                ("name", Json::text(name)),
                ("figures", Json::List(figures)),
            ])
        });
        Json::Object(vec![
            ("topic", Json::text(self.topic)),
            ("title", Json::text(&self.title)),
            ("columns", Json::List(columns.collect())),
            ("rows", Json::List(rows.collect())),
            (
                "result",
                self.result.as_ref().map_or(Json::Null, Json::text),
            ),
        ])
    }
}

impl Display for Grid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}: {}", self.topic, self.title)?;
        writeln!(f, "{}", self.about)?;
        let heading = [self.rows_are.to_owned()]
            .into_iter()
            .chain(self.columns.iter().map(|column| column.name.to_owned()));
        let rows = self.rows.iter().map(|(name, figures)| {
            let figures = self.columns.iter().zip(figures);
            [name.clone()]
                .into_iter()
                .chain(figures.map(|(column, figure)| column.show(*figure)))
                .collect()
        });
        let all: Vec<Vec<String>> = [heading.collect()].into_iter().chain(rows).collect();
        f.write_str(&text::align(&all))?;
        match &self.result {
            Some(result) => write!(f, "\n{result}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::report) fn grid() -> Grid {
        Grid {
            topic: "growth",
            title: "items".into(),
            about: "time an item".into(),
            rows_are: "items",
            columns: vec![Column::time("an item"), Column::bytes("memory")],
            rows: vec![
                ("1".into(), vec![Some(12.0), None]),
                ("1000".into(), vec![Some(1500.0), Some(16.4)]),
            ],
            result: Some("exponent 0.70".into()),
        }
    }

    #[test]
    fn shows_its_rows_and_what_was_not_measured() {
        let grid = grid();
        let expected = "\
growth: items
time an item
  items  an item  memory
  1      12.0 ns       -
  1000   1.50 µs    16 B
exponent 0.70";
        assert_eq!(grid.to_string(), expected);
        assert!(
            grid.json()
                .to_string()
                .contains(r#""figures": [1500, 16.4]"#)
        );
    }
}
