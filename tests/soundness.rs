//! The page on soundness, SOUNDNESS.md, lists all unsafe code of the library. It is made from the sources, and compared
//! with them here. After a change to unsafe code, make it anew and read the difference:
//!
//! ```sh
//! SOUNDNESS=overwrite cargo test -p threadkit-tests --test soundness
//! ```

#[path = "support/source.rs"]
mod source;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

use self::source::{Kind, Token, files_under, root_of, tokens, without_tests};

/// For each file with unsafe code the tests that attack it: `file::test` of `tests/`, a case of
/// `tests/ui`, or a test at the foot of the file itself.
const ATTACKS: &[(&str, &[&str])] = &[
    (
        "backend/at_exit.rs",
        &["exit::a_thread_that_ends_with_main_is_named"],
    ),
    (
        "backend/explored/coroutines/on.rs",
        &[
            "explore_coroutines::a_failed_run_drops_nothing_and_the_next_exploration_is_well",
            "explore_coroutines::a_stack_that_overflows_ends_the_process",
            "explore_coroutines::a_thread_that_waits_while_it_unwinds_lets_the_others_run",
            "explore_coroutines::a_thread_that_waits_for_ever_while_it_unwinds_is_a_failure_like_others",
        ],
    ),
    (
        "backend/explored/coroutines/stack.rs",
        &[
            "stacks_of_one_time_lie_side_by_side_and_are_freed_alone",
            "the_lowest_page_of_each_cannot_be_read",
            "explore_coroutines::a_stack_that_overflows_ends_the_process",
            "explore_coroutines::a_large_stack_can_be_asked_for",
        ],
    ),
    (
        "backend/explored/execution/scope.rs",
        &["explore_coroutines::a_scope_waits_for_its_threads_however_it_ends"],
    ),
    (
        "backend/explored/one_processor.rs",
        &["explore::an_exploration_stays_on_one_processor_and_its_caller_does_not"],
    ),
    (
        "backend/native.rs",
        &[
            "the_native_id_is_the_one_that_the_system_lists",
            "thread_names::renaming_a_dead_thread_renames_no_other",
            "thread_names::names_change_while_others_read_them",
        ],
    ),
    (
        "backend/park.rs",
        &[
            "event::no_wake_up_is_lost",
            "semaphore::permits_are_conserved",
            "condition::notifications_are_neither_lost_nor_shared",
            "waits::everything_works_while_thread_locals_are_destroyed",
            "latch::waiters_of_every_form_are_counted",
        ],
    ),
    ("backend/prefetch.rs", &["any_address_will_do"]),
    (
        "backend/raw_lock.rs",
        &[
            "threads_that_got_it_or_gave_up_do_not_count_as_starving",
            "lock_stress::entries_into_a_lock_are_counted_exactly",
            "starvation::sixteen_threads_all_get_their_turn",
            "protocols/sync_locks::a_lock_excludes_and_serves_starving_threads",
        ],
    ),
    (
        "backend/raw_mutex.rs",
        &[
            "pool::every_task_ends_one_way_whatever_happens_to_it",
            "timer::all_of_many_run_once_unless_they_are_cancelled_in_time",
            "protocols/sync::permits_are_conserved",
        ],
    ),
    (
        "backend/raw_owned.rs",
        &[
            "one_at_a_time_whichever_way_they_come",
            "all_starving_threads_get_it",
            "no_task_holds_what_was_handed_over_but_not_taken_over",
            "lock_stress::entries_into_an_rlock_are_counted_exactly",
            "protocols/sync_locks::an_rlock_excludes_others_and_admits_its_owner",
        ],
    ),
    (
        "backend/raw_rw_lock.rs",
        &[
            "rwlock::writes_are_whole_and_counted",
            "rwlock::the_sides_exclude_what_they_must",
            "rwlock::a_writer_is_served_among_upgradable_readers",
            "protocols/sync::writers_are_alone",
            "protocols/sync::an_upgrade_that_releases_in_between_is_found",
        ],
    ),
    (
        "backend/raw_spin.rs",
        &[
            "one_at_a_time",
            "queue::every_item_is_got_once_or_handed_back",
        ],
    ),
    (
        "explore/explorer.rs",
        &[
            "explore_coroutines::a_thread_local_of_std_is_shared_by_all_threads",
            "explore_coroutines::a_failed_exploration_leaves_no_thread_local_in_use",
        ],
    ),
    (
        "inspect/on/entries.rs",
        &[
            "deadlocks::every_deadlock_is_reported_once_and_nothing_else_is",
            "deadlocks::a_process_whose_threads_all_sleep_is_reported",
        ],
    ),
    (
        "inspect/on/static_ref.rs",
        &["lock::acquiring_twice_panics_with_both_places"],
    ),
    (
        "local.rs",
        &[
            "a_value_in_use_stays_where_it_is_while_the_table_grows",
            "values_are_destroyed_from_the_newest_on",
            "the_values_of_a_renewed_table_are_as_new",
        ],
    ),
    (
        "pool/integers.rs",
        &[
            "they_are_those_of_the_range",
            "a_range_may_have_more_than_a_loop_can_end",
            "nothing_else_is_taken_for_one",
            "types_that_differ_in_a_lifetime_have_one_id_and_others_do_not",
        ],
    ),
    (
        "pool/scope.rs",
        &[
            "pool::tasks_of_a_scope_borrow_and_return_what_they_borrow",
            "pool::a_scope_that_panics_stops_its_tasks_first",
            "pool::a_scope_in_a_pool_that_was_shut_down_panics_and_borrows_nothing_any_more",
            "protocols/pool::a_scope_waits_for_its_tasks",
            "pool_waits::tasks_of_a_scope_leave_nothing_behind_that_borrows",
            "protocols/pool_waits::a_scope_ends_whenever_its_pool_is_emptied",
            "pool_scope_map::the_scope_waits_for_what_an_abandoned_map_has_begun",
        ],
    ),
    (
        "pool/slice_items.rs",
        &[
            "they_are_those_of_the_slice",
            "an_empty_slice_has_none",
            "nothing_else_is_taken_for_one",
            "pool_scope_map::threads_divide_a_slice_of_numbers_or_strings_and_the_items_are_its_own",
        ],
    ),
    (
        "pool/vec_part.rs",
        &[
            "threads_fill_the_parts_of_one_vector",
            "what_is_in_a_part_is_dropped_with_it_also_after_a_panic",
            "a_part_becomes_a_vector_only_if_it_is_all_that_is_used",
            "a_part_that_does_not_follow_is_not_appended",
            "values_may_have_no_size_and_the_vector_none",
            "pool::results_go_into_one_vector_whatever_length_the_input_promises",
            "pool::the_first_panic_over_a_range_continues_and_no_result_is_left",
            "protocols/map::every_integer_of_a_range_is_taken_once_and_its_result_is_in_its_place",
        ],
    ),
    (
        "queue/segment.rs",
        &[
            "a_slot_gives_back_what_was_put_in_however_often",
            "protocols/queue::an_item_that_is_counted_is_there",
            "queue::what_can_be_sent_and_shared",
        ],
    ),
    (
        "queue/two_ended.rs",
        &[
            "any_order_of_steps_agrees_with_a_plain_list",
            "the_items_behind_one_whose_drop_panics_are_dropped",
            "queue::what_one_thread_puts_comes_out_in_its_order",
            "queue::no_item_is_lost_between_forced_puts_and_gets",
        ],
    ),
    (
        "sync/condition_guard.rs",
        &[
            "condition::an_rlock_is_left_at_all_levels_and_restored",
            "condition::a_cell_cannot_be_waited_for_through_one_of_two_guards",
            "condition::a_guard_made_by_the_predicate_counts_at_the_next_sleep",
            "condition::a_forgotten_guard_counts",
            "ui/fail/condition_with_rlock_of_a_cell.rs",
            "ui/fail/condition_reference_across_a_wait.rs",
        ],
    ),
    (
        "sync/guard.rs",
        &[
            "lock::every_kind_of_guard_holds",
            "lock::each_way_to_release_releases",
            "lock::try_map_gives_the_guard_back",
            "lock::a_forgotten_guard_keeps_the_lock_and_nothing_breaks",
            "lock::an_owned_guard_outlives_every_other_owner",
            "lock::unsized_values",
            "lock::values_of_no_size_and_of_wide_alignment",
            "rlock::a_map_may_lead_out_of_the_value",
            "rwlock::mapped_guards_hold_on",
            "rwlock::owned_guards_hold_and_keep_the_lock_alive",
            "rwlock::a_failed_owned_upgrade_gives_the_guard_back",
            "rwlock::owned_guards_are_as_small_as_a_pointer_and_fit_any_value",
            "auto_traits::guards_stay_on_their_thread_and_can_be_shared_if_their_value_can",
            "ui/fail/guard_sent.rs",
        ],
    ),
    (
        "sync/lock.rs",
        &[
            "lock::every_kind_of_guard_holds",
            "lock::each_way_to_release_releases",
            "lock::a_forgotten_guard_keeps_the_lock_and_nothing_breaks",
            "lock::a_panic_releases_and_does_not_poison",
            "lock_stress::entries_into_a_lock_are_counted_exactly",
        ],
    ),
    (
        "sync/lock_macros.rs",
        &[
            "lock::every_kind_of_guard_holds",
            "lock::unsized_values",
            "lock::values_of_no_size_and_of_wide_alignment",
            "rwlock::owned_guards_hold_and_keep_the_lock_alive",
            "auto_traits::guards_stay_on_their_thread_and_can_be_shared_if_their_value_can",
            "ui/fail/guard_sent.rs",
        ],
    ),
    (
        "sync/once.rs",
        &[
            "once::every_value_is_made_once",
            "once::one_of_many_attempts_succeeds",
            "once::a_maker_that_needs_its_value_panics",
            "once::a_maker_that_fails_with_a_destructor_leaves_it_to_the_next",
            "protocols/sync::a_lazy_value_is_made_once_for_all",
            "protocols/sync::a_value_that_two_make_is_found",
        ],
    ),
    (
        "sync/reentrant.rs",
        &[
            "one_level_too_many_is_refused_and_changes_nothing",
            "rlock::the_lock_is_free_when_the_last_level_is_left_in_any_order",
            "rlock::a_forgotten_level_keeps_the_lock_and_its_owner_can_go_on",
            "rlock::a_guard_holds_the_lock_for_its_task_when_that_has_ended",
            "pool::a_guard_may_be_dropped_by_another_task_of_its_thread",
        ],
    ),
    (
        "sync/rlock.rs",
        &[
            "rlock::one_thread_at_a_time",
            "rlock::mutable_access_needs_no_level",
            "rlock::values_are_dropped_once",
            "rlock::unsized_values_and_odd_sizes",
            "rlock::it_excludes_while_thread_locals_are_destroyed",
            "auto_traits::locks_can_be_shared_if_their_value_can_be_sent",
        ],
    ),
    (
        "sync/rwlock.rs",
        &["rwlock::owned_guards_hold_and_keep_the_lock_alive"],
    ),
    (
        "sync/rwlock_guard/hold.rs",
        &[
            "rwlock::an_upgrade_that_waits_for_oneself_is_reported_and_releases",
            "rwlock::a_failed_upgrade_gives_the_guard_back",
            "rwlock::a_failed_owned_upgrade_gives_the_guard_back",
            "rwlock::writes_are_whole_and_counted",
        ],
    ),
    (
        "sync/traced.rs",
        &[
            "lock::every_waiting_form_refuses_to_wait_for_itself",
            "lock_stress::entries_into_a_lock_are_counted_exactly",
        ],
    ),
    (
        "sync/traced_rw.rs",
        &[
            "rwlock::a_wait_for_oneself_is_reported",
            "rwlock::a_failed_upgrade_gives_the_guard_back",
            "rwlock::writes_are_whole_and_counted",
        ],
    ),
    (
        "threads/running.rs",
        &[
            "pool::a_stop_of_a_thread_of_the_pool_reaches_its_task",
            "pool::an_inline_task_has_its_own_name_token_and_identity",
            "pool_waits::a_task_that_was_given_back_is_not_stopped_by_the_pool",
            "protocols/pool::a_cancel_a_stop_and_a_shutdown_end_a_task_one_way",
        ],
    ),
];

const PREFACE: &str = "\
# Soundness

All unsafe code of the library, with the argument for each place and the tests that attack it. The page is
made of the sources: `tests/soundness.rs` fails if the two differ, if a place has no argument, or if a file
names no test. Do not edit it; change the `SAFETY` comment or the table in that test, and run
`SOUNDNESS=overwrite cargo test -p threadkit-tests --test soundness`.

Safe code must not be able to cause undefined behaviour, whatever it does: forget guards, panic in any
closure, move values to other threads where the compiler permits it, or run code in destructors of
thread-locals.

- **Lints.** `unsafe_op_in_unsafe_fn` and `clippy::undocumented_unsafe_blocks` are errors. The crate
  `threadkit-macros` forbids unsafe code, and its expansions contain no unsafe block.
- **The sanitizer.** `bash .ci/run races` runs the tests on free threads with ThreadSanitizer.
- **Exploration.** The tests in `tests/protocols` run under thousands of schedules; the files
  also hold broken twins, which an exploration must find wrong.
- **The compiler.** The cases of `ui/fail` must not compile.

Beside a block or an `impl` stands why it is sound; beside an unsafe function or trait stands what its callers
or implementors must see to. *As above* refers to the rows above. *Passed on from the caller* means that the
enclosing function is unsafe and has the same contract.
";

#[test]
fn the_page_lists_all_unsafe_code() {
    let page = page(&sites());
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../SOUNDNESS.md");
    if env::var_os("SOUNDNESS").is_some_and(|value| value == "overwrite") {
        fs::write(&path, page).expect("the page can be written");
        return;
    }
    let there = fs::read_to_string(&path).unwrap_or_default();
    let first = page
        .lines()
        .zip(there.lines())
        .find(|(should, is)| should != is);
    assert!(
        page == there,
        "SOUNDNESS.md is not what the sources say; after a look at the change, make it anew:\n\
         SOUNDNESS=overwrite cargo test -p threadkit-tests --test soundness\n\
         first difference (as it must be, as it is): {first:#?}"
    );
}

#[test]
fn the_table_of_attacks_has_the_files_with_unsafe_code() {
    let sites = sites();
    let missing: Vec<&String> = sites
        .keys()
        .filter(|file| attacks_on(file).is_empty())
        .collect();
    let gone: Vec<&str> = ATTACKS
        .iter()
        .map(|(file, _)| *file)
        .filter(|file| !sites.contains_key(*file))
        .collect();
    assert!(
        missing.is_empty() && gone.is_empty(),
        "say in the table of attacks which tests attack {missing:?}, and take out {gone:?}"
    );
}

#[test]
fn every_attack_is_a_test_that_exists() {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut wrong = String::new();
    for (file, attacks) in ATTACKS {
        if attacks.is_empty() {
            wrong += &format!("no test attacks {file}\n");
        }
        for attack in *attacks {
            if attack.starts_with("ui/") {
                if !tests.join(attack).exists() {
                    wrong += &format!("{attack}, for {file}, does not exist\n");
                }
                continue;
            }
            let (home, name) = match attack.split_once("::") {
                Some((home, name)) => (tests.join(format!("{home}.rs")), name),
                None => (root_of("threadkit").join(file), *attack),
            };
            let text = fs::read_to_string(&home).unwrap_or_default();
            if !has_test(&tokens(&text), name) {
                wrong += &format!("{file} is attacked by `{attack}`, which does not exist\n");
            }
        }
    }
    assert!(wrong.is_empty(), "in the table of attacks:\n{wrong}");
}

#[test]
fn the_attributes_have_no_unsafe_code_and_make_none() {
    let files = files_under(&root_of("threadkit-macros"));
    let (_, root) = files
        .iter()
        .find(|(name, _)| name == "lib.rs")
        .expect("a root");
    assert!(root.contains("#![forbid(unsafe_code)]"));
    for (name, text) in &files {
        let tokens = without_tests(&tokens(text));
        for pair in tokens.windows(2) {
            assert!(
                !(pair[0].is("unsafe") && (pair[1].is("{") || pair[1].is("impl"))),
                "{name}:{} is unsafe code",
                pair[0].line
            );
        }
    }
}

/// Whether a function of that name is marked as a test.
fn has_test(tokens: &[Token], name: &str) -> bool {
    let is_marked = |at: usize| {
        // Between the mark and the function there may be other attributes and comments.
        let before = tokens[..at].iter().rev();
        let mut words = before.take_while(|token| !token.is("}") && !token.is(";"));
        words.any(|token| token.is("test"))
    };
    tokens
        .windows(2)
        .enumerate()
        .any(|(at, pair)| pair[0].is("fn") && pair[1].is(name) && is_marked(at))
}

/// One place with unsafe code.
struct Site {
    /// The function, type or trait.
    place: String,
    what: &'static str,
    argument: String,
}

/// What is unsafe in each file, in the order of the files.
fn sites() -> BTreeMap<String, Vec<Site>> {
    files_under(&root_of("threadkit"))
        .into_iter()
        .map(|(name, text)| {
            let sites = sites_of(&name, &without_tests(&tokens(&text)));
            (name, sites)
        })
        .filter(|(_, sites)| !sites.is_empty())
        .collect()
}

fn sites_of(file: &str, tokens: &[Token]) -> Vec<Site> {
    let mut sites = Vec::new();
    // What the braces that are open belong to: a function, an implementation, or nothing.
    let mut open: Vec<Option<Owner>> = Vec::new();
    // The owner of the next braces, and how many are open where it was named.
    let mut next: Option<(Owner, usize)> = None;
    for (at, token) in tokens.iter().enumerate() {
        match token.kind {
            Kind::Open => {
                let owner = next.take_if(|_| token.is("{"));
                open.push(owner.map(|(owner, _)| owner));
            }
            Kind::Close => drop(open.pop()),
            _ => {}
        }
        if let Some(owner) = owner(tokens, at) {
            next = Some((owner, open.len()));
        } else if token.is(";") {
            // A function without a body; in the type of a parameter it would be deeper.
            next.take_if(|(_, depth)| *depth == open.len());
        }
        if !token.is("unsafe") {
            continue;
        }
        let after = &tokens[at + 1];
        let within = place_of(open.iter().flatten());
        let line = token.line;
        let site = if after.is("{") {
            Site {
                place: within,
                what: "block",
                argument: argument(tokens, at)
                    .unwrap_or_else(|| panic!("{file}:{line}: no SAFETY comment")),
            }
        } else if after.is("impl") {
            Site {
                place: implementation(tokens, at + 1),
                what: "impl",
                argument: argument(tokens, at)
                    .unwrap_or_else(|| panic!("{file}:{line}: no SAFETY comment")),
            }
        } else if after.is("fn") || after.is("trait") {
            let own = tokens[at + 2].text.clone();
            let is_of_trait = open
                .iter()
                .flatten()
                .last()
                .is_some_and(|owner| owner.is_trait_impl);
            let (what, argument) = match contract(tokens, at) {
                Some(contract) if after.is("fn") => ("fn", contract),
                Some(contract) => ("trait", contract),
                None if is_of_trait => ("fn", "as the trait has it".to_owned()),
                None => panic!("{file}:{line}: no section on safety"),
            };
            let place = match within.as_str() {
                "" => own,
                _ => format!("{within}::{own}"),
            };
            Site {
                place,
                what,
                argument,
            }
        } else {
            continue;
        };
        sites.push(site);
    }
    sites
}

/// What a pair of braces belongs to.
#[derive(Clone)]
struct Owner {
    name: String,
    is_trait_impl: bool,
}

/// The owner of the next braces, if one is named at `at`.
fn owner(tokens: &[Token], at: usize) -> Option<Owner> {
    let name_at = |at: usize| {
        let name = tokens.get(at).filter(|name| name.is_word())?;
        Some(Owner {
            name: name.text.clone(),
            is_trait_impl: false,
        })
    };
    if tokens[at].is("fn") || tokens[at].is("trait") {
        return name_at(at + 1);
    }
    // Not `impl Trait` as a type.
    let begins = at.checked_sub(1).is_none_or(|before| {
        let before = &tokens[before];
        matches!(before.kind, Kind::Comment | Kind::Close | Kind::Open)
            || before.is(";")
            || before.is("unsafe")
    });
    if !(tokens[at].is("impl") && begins) || at > 0 && tokens[at - 1].is("(") {
        return None;
    }
    let whole = implementation(tokens, at);
    let (of_trait, name) = match whole.split_once(" for ") {
        Some((_, name)) => (true, name),
        None => (false, whole.as_str()),
    };
    Some(Owner {
        name: name.split('<').next().expect("a beginning").to_owned(),
        is_trait_impl: of_trait,
    })
}

fn place_of<'a>(owners: impl Iterator<Item = &'a Owner>) -> String {
    let names: Vec<&str> = owners.map(|owner| owner.name.as_str()).collect();
    names.join("::")
}

/// `Trait for Type` of the implementation whose keyword is at `at`.
fn implementation(tokens: &[Token], at: usize) -> String {
    let mut start = at + 1;
    if tokens[start].is("<") {
        let mut depth = 0;
        loop {
            depth += i32::from(tokens[start].is("<")) - i32::from(tokens[start].is(">"));
            start += 1;
            if depth == 0 {
                break;
            }
        }
    }
    let mut text = String::new();
    for token in &tokens[start..] {
        if token.is("{") || token.is("where") {
            break;
        }
        match token.text.as_str() {
            "for" => text += " for ",
            "," => text += ", ",
            other => {
                let is_word = token.is_word() || token.kind == Kind::Lifetime;
                if is_word && text.ends_with(|c: char| c.is_alphanumeric()) {
                    text.push(' ');
                }
                text += other;
            }
        }
    }
    text
}

/// The `SAFETY` comment in front of the unsafe code at `at`, without its marks.
fn argument(tokens: &[Token], at: usize) -> Option<String> {
    let comments: Vec<&Token> = tokens[..at]
        .iter()
        .rev()
        .skip_while(|token| token.kind != Kind::Comment)
        .take_while(|token| token.kind == Kind::Comment)
        .collect();
    let lines: Vec<&str> = comments.iter().rev().map(|line| line.text.trim()).collect();
    let start = lines.iter().position(|line| line.starts_with("SAFETY:"))?;
    let text = lines[start..].join(" ");
    Some(text.trim_start_matches("SAFETY:").trim().to_owned())
}

/// The section `# Safety` of the docs of the item whose `unsafe` is at `at`.
fn contract(tokens: &[Token], at: usize) -> Option<String> {
    let mut docs = Vec::new();
    for token in tokens[..at].iter().rev() {
        match token.kind {
            Kind::Comment => docs.push(token.text.trim()),
            // Visibility and attributes; anything else belongs to another item.
            _ if docs.is_empty() && !token.is("}") && !token.is(";") && !token.is("{") => {}
            _ => break,
        }
    }
    docs.reverse();
    let start = docs.iter().position(|line| *line == "# Safety")?;
    let section: Vec<&str> = docs[start + 1..]
        .iter()
        .take_while(|line| !line.starts_with('#'))
        .copied()
        .collect();
    Some(section.join(" ").trim().to_owned())
}

/// The page as it must be.
fn page(sites: &BTreeMap<String, Vec<Site>>) -> String {
    let mut page = PREFACE.to_owned();
    let mut room = "";
    for (file, sites) in sites {
        let (of_file, name) = file.split_once('/').unwrap_or((file, file));
        if of_file != room {
            room = of_file;
            write!(page, "\n## `{room}`\n").expect("a string takes everything");
        }
        let attacks = attacks_on(file);
        let attacks: Vec<String> = attacks.iter().map(|attack| format!("`{attack}`")).collect();
        write!(
            page,
            "\n### `{name}`\n\nAttacked by {}.\n\n| where | what | argument |\n| --- | --- | --- |\n",
            attacks.join(", ")
        )
        .expect("a string takes everything");
        for site in sites {
            let argument = site.argument.replace('|', "\\|");
            writeln!(page, "| `{}` | {} | {argument} |", site.place, site.what)
                .expect("a string takes everything");
        }
    }
    page
}

fn attacks_on(file: &str) -> &'static [&'static str] {
    let found = ATTACKS.iter().find(|(attacked, _)| *attacked == file);
    found.map_or(&[], |(_, attacks)| attacks)
}

mod the_reader {
    use super::*;

    fn found(source: &str) -> Vec<(String, &'static str, String)> {
        sites_of("here", &without_tests(&tokens(source)))
            .into_iter()
            .map(|site| (site.place, site.what, site.argument))
            .collect()
    }

    fn site(place: &str, what: &'static str, argument: &str) -> (String, &'static str, String) {
        (place.to_owned(), what, argument.to_owned())
    }

    #[test]
    fn finds_blocks_functions_and_implementations() {
        let source = "
            // SAFETY: one.
            // Two.
            unsafe impl<T: ?Sized> Sync for Cell<T> {}
            // SAFETY: three.
            unsafe impl Raw for Lock { #[inline] unsafe fn unlock(&self) {
                // SAFETY: four.
                let a: fn(u8) = unsafe { f() }; } }
            impl Lock {
                /// Does it.
                ///
                /// # Safety
                ///
                /// Be kind.
                #[inline]
                pub(crate) unsafe fn raw(&self) -> &Raw {}
            }
            // `unsafe { }` in a comment
            const TEXT: &str = \"unsafe { }\";
            #[cfg(test)]
            mod tests { fn f() { unsafe { f() } } }";
        assert_eq!(
            found(source),
            [
                site("Sync for Cell<T>", "impl", "one. Two."),
                site("Raw for Lock", "impl", "three."),
                site("Lock::unlock", "fn", "as the trait has it"),
                site("Lock::unlock", "block", "four."),
                site("Lock::raw", "fn", "Be kind."),
            ]
        );
    }

    #[test]
    #[should_panic(expected = "here:2: no SAFETY comment")]
    fn refuses_a_block_without_an_argument() {
        found("// Fine.\nfn f() { unsafe { g() } }");
    }

    #[test]
    #[should_panic(expected = "here:2: no section on safety")]
    fn refuses_a_function_without_a_contract() {
        found("/// Does it.\nunsafe fn f() {}");
    }

    #[test]
    fn knows_a_test_from_a_function() {
        let source = tokens("fn helper() {} #[test] #[cfg(x)] fn proof() {}");
        assert!(has_test(&source, "proof"));
        assert!(!has_test(&source, "helper"));
        assert!(!has_test(&source, "missing"));
    }
}
