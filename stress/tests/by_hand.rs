//! The bodies that `by_hand.md` names exist, and the cells that they cover.

use std::fs;
use std::path::Path;

#[test]
fn what_covers_a_cell_by_hand_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = include_str!("../by_hand.md");
    let table = include_str!("../COVERAGE.md");
    let mut rows = 0;
    for line in page.lines().filter(|line| line.starts_with("| ")).skip(1) {
        let cells: Vec<_> = line.split('|').map(str::trim).collect();
        let [_, operation, state, file, test, _] = cells[..] else {
            panic!("not four cells: {line}");
        };
        if operation.starts_with("---") {
            continue;
        }
        let source = root.join(format!("../tests/{file}.rs"));
        let source = fs::read_to_string(&source).unwrap_or_else(|error| panic!("{file}: {error}"));
        assert!(
            source.contains(&format!("fn {test}()")),
            "no test `{test}` in {file}"
        );
        assert!(
            table.contains(&format!("\n| {operation} |")),
            "no operation `{operation}`"
        );
        assert!(
            table.contains(&format!("| {state} |")),
            "no state `{state}`"
        );
        rows += 1;
    }
    assert!(rows > 0, "no row is read");
}
