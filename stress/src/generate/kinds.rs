//! The kinds of statements, and the parts that a program can omit.

/// What may be generated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Local,
    Tasks,
    Scope,
    Map,
    Threads,
    LocalPool,
    Shut,
    ScopeShut,
    MapShut,
    Stops,
    Timer,
    Supervise,
    SuperviseStopped,
    Gadget,
    Unwind,
    AtThreadEnd,
    Chain,
    StopAll,
}

/// Each kind with its name and how often it is chosen.
pub(crate) const KINDS: [(Kind, &str, usize); 18] = [
    (Kind::Local, "local", 5),
    (Kind::Tasks, "tasks", 12),
    (Kind::Scope, "scope", 3),
    (Kind::Map, "map", 2),
    (Kind::Threads, "threads", 3),
    (Kind::LocalPool, "local-pool", 2),
    (Kind::Shut, "shut", 3),
    (Kind::ScopeShut, "scope-shut", 1),
    (Kind::MapShut, "map-shut", 1),
    (Kind::Stops, "stops", 2),
    (Kind::Timer, "timer", 2),
    (Kind::Supervise, "supervise", 1),
    (Kind::SuperviseStopped, "supervise-stopped", 1),
    (Kind::Gadget, "gadget", 4),
    (Kind::Unwind, "unwind", 1),
    (Kind::AtThreadEnd, "at-thread-end", 2),
    (Kind::Chain, "chain", 1),
    (Kind::StopAll, "stop-all", 1),
];

/// What to leave out.
#[derive(Clone, Debug, Default)]
pub(crate) struct Without {
    pub(super) kinds: Vec<Kind>,
    /// Waits for tasks that end by a limit, or before all have ended.
    pub(super) limits: bool,
    /// Waits for whichever of several tasks is first.
    pub(super) any: bool,
    /// More than one pool.
    pub(super) pools: bool,
}

impl Without {
    /// Reads a list of names, separated by commas.
    pub(crate) fn parse(list: &str) -> Result<Self, String> {
        let mut without = Self::default();
        for name in list.split(',').filter(|name| !name.is_empty()) {
            match name {
                "limits" => without.limits = true,
                "any" => without.any = true,
                "pools" => without.pools = true,
                _ => match KINDS.iter().find(|(_, known, _)| *known == name) {
                    Some((kind, ..)) => without.kinds.push(*kind),
                    None => {
                        let known: Vec<_> = KINDS.iter().map(|(_, known, _)| *known).collect();
                        return Err(format!(
                            "`{name}` cannot be left out; known are limits, any, pools, {}",
                            known.join(", ")
                        ));
                    }
                },
            }
        }
        Ok(without)
    }

    /// Also without the kinds that stop the whole process.
    pub(crate) fn and_stop_all(mut self) -> Self {
        self.kinds.push(Kind::StopAll);
        self
    }
}
