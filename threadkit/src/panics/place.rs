//! [`Place`].

use core::fmt;
use core::panic::Location;

/// A place in the source, such as where a panic happened.
///
/// Prints as `src/main.rs:9:13`.
///
/// # Examples
///
/// ```
/// # fn main() {
/// let error = threadkit::spawn(|| panic!("oh no")).join().unwrap_err();
/// let place: &threadkit::Place = error.place().unwrap();
/// assert_eq!(place.file(), file!());
/// assert_eq!(
///     place.to_string(),
///     format!("{}:{}:{}", place.file(), place.line(), place.column())
/// );
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Place {
    file: Box<str>,
    line: u32,
    column: u32,
}

impl Place {
    pub(crate) fn new(location: &Location<'_>) -> Self {
        Self {
            file: location.file().into(),
            line: location.line(),
            column: location.column(),
        }
    }

    /// The source file, as the compiler was given it.
    ///
    /// # Examples
    ///
    /// ```
    /// let error = threadkit::spawn(|| panic!("oh no")).join().unwrap_err();
    /// assert_eq!(error.place().unwrap().file(), file!());
    /// ```
    #[must_use]
    pub fn file(&self) -> &str {
        &self.file
    }

    /// The line, counted from one.
    ///
    /// # Examples
    ///
    /// ```
    /// let (thread, line) = (threadkit::spawn(|| panic!("oh no")), line!());
    /// let error = thread.join().unwrap_err();
    /// assert_eq!(error.place().unwrap().line(), line);
    /// ```
    #[must_use]
    pub fn line(&self) -> u32 {
        self.line
    }

    /// The column, counted from one.
    ///
    /// # Examples
    ///
    /// ```
    /// let thread = threadkit::spawn(|| {
    ///     panic!("oh no")
    /// });
    /// let error = thread.join().unwrap_err();
    /// assert_eq!(error.place().unwrap().column(), 5);
    /// ```
    #[must_use]
    pub fn column(&self) -> u32 {
        self.column
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}
