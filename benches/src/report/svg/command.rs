//! The command that measured what a chart shows.

/// The command with these arguments, to be pasted into a shell: without the files it wrote, which are the reader's choice.
pub(super) fn command(words: impl Iterator<Item = String>) -> String {
    let mut command = String::from("cargo run --release -p threadkit-benches --");
    let mut words = words;
    while let Some(word) = words.next() {
        match word.split_once('=').map_or(&*word, |(name, _)| name) {
            "--json" | "--svg" if word.contains('=') => {}
            "--json" | "--svg" => drop(words.next()),
            _ => command += &format!(" {}", quoted(&word)),
        }
    }
    command
}

/// A word as a shell reads it.
fn quoted(word: &str) -> String {
    let plain = |of: char| of.is_ascii_alphanumeric() || "-_=,.:/".contains(of);
    match !word.is_empty() && word.chars().all(plain) {
        true => word.into(),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(words: &[&str]) -> String {
        let command = command(words.iter().map(|word| (*word).to_owned()));
        let prefix = "cargo run --release -p threadkit-benches --";
        command.strip_prefix(prefix).unwrap().to_owned()
    }

    #[test]
    fn words_with_spaces_are_quoted() {
        let words = ["contended", "--only", "16 threads, 1 µs", "--rounds=1"];
        let expected = " contended --only '16 threads, 1 µs' --rounds=1";
        assert_eq!(of(&words), expected);
        assert_eq!(
            of(&["--peer", "it's", "--only=$x"]),
            r" --peer 'it'\''s' '--only=$x'"
        );
    }

    #[test]
    fn files_are_left_out() {
        let words = ["--svg", "charts", "spawn", "--json=a b", "--json", "c d"];
        assert_eq!(of(&words), " spawn");
        assert_eq!(of(&["--svg=charts"]), "");
    }
}
