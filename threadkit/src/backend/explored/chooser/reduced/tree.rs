//! The branches that the runs so far have taken, as far as there are others left to be tried.

use std::collections::BTreeSet;

use super::known_use::KnownUse;
use crate::backend::random::Random;

/// A task that runs next, and whether by its deadline.
pub(super) type Next = (usize, bool);

/// A branch that a run takes at a node.
#[derive(Clone, Copy)]
pub(super) struct Visit {
    pub(super) node: usize,
    pub(super) branch: usize,
}

/// How many nodes are kept, about. A node has some hundred bytes.
const KEPT: usize = 1 << 17;

/// The points at which runs have chosen, each with the point before it, and the branches that are left to be tried.
///
/// A node is kept while a branch of it, or of a node after it, is left to be tried. No run comes to any other node
/// again.
///
/// The next branch is, in turn, the last one of the run before, the nearest to the beginning, and one at random. The
/// second is sooner at faults that need a step to come first which mostly comes late, and the third at those that need
/// several steps in an order of their own. The first repeats most of a run, so it shows soon whether the body does the
/// same under the same schedule. If too many nodes are kept, it is taken each time: then the search is depth first, and
/// nodes are forgotten.
pub(super) struct Tree {
    nodes: Vec<Node>,
    /// The places in `nodes` that are free.
    free: Vec<usize>,
    /// The branches to be tried, the nearest to the beginning first.
    nearest: BTreeSet<Untried>,
    /// The same in an order that looks random.
    shuffled: BTreeSet<Untried>,
    random: Random,
    /// How many branches were begun.
    begun: usize,
    most: usize,
}

/// A branch to be tried: the choice of a candidate at a node, or the number that is drawn there.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Untried {
    /// Its place in the order.
    at: u64,
    node: usize,
    choice: usize,
}

/// A point of the runs at which a task is chosen, or the program draws a number.
struct Node {
    before: Option<Visit>,
    /// How many nodes are before it.
    depth: u64,
    /// A random number.
    mark: u64,
    /// How many of its branches are to be tried, and how many nodes that are kept come right after it.
    open: usize,
    kind: Kind,
}

enum Kind {
    Step(Point),
    /// Each number below `bound` is tried, in order; `begun` of them were.
    Draw {
        begun: usize,
        bound: usize,
    },
}

/// A point at which a task is chosen for a step.
pub(super) struct Point {
    pub(super) candidates: Vec<Next>,
    /// The candidates that must be chosen here, in one branch each.
    pub(super) wanted: Vec<bool>,
    /// The candidates that need not be chosen here, with what their next steps use, because they were chosen at an
    /// earlier point, since when nothing has run that depends on them.
    pub(super) asleep: Vec<(Next, Vec<KnownUse>)>,
    /// In the order in which they were begun. In each, those before it sleep.
    pub(super) branches: Vec<Branch>,
}

/// A step that was begun at a point.
pub(super) struct Branch {
    pub(super) candidate: usize,
    /// What the step uses, in all runs with this choice.
    pub(super) known: Vec<KnownUse>,
    /// The numbers of the objects that it uses, as the first run with this choice has them.
    pub(super) numbers: Vec<usize>,
    /// The draws in this step of which not all numbers were tried.
    draws: Vec<usize>,
}

impl Branch {
    pub(super) fn new(candidate: usize) -> Self {
        Self {
            candidate,
            known: Vec::new(),
            numbers: Vec::new(),
            draws: Vec::new(),
        }
    }
}

impl Point {
    pub(super) fn index_of(&self, next: Next) -> Option<usize> {
        self.candidates
            .iter()
            .position(|candidate| *candidate == next)
    }

    pub(super) fn sleeps(&self, next: Next) -> bool {
        self.asleep.iter().any(|(asleep, _)| *asleep == next)
    }
}

impl Default for Tree {
    fn default() -> Self {
        Self::keeping(KEPT)
    }
}

impl Tree {
    /// A tree that keeps about that number of nodes.
    pub(super) fn keeping(most: usize) -> Self {
        Self {
            nodes: Vec::new(),
            free: Vec::new(),
            nearest: BTreeSet::new(),
            shuffled: BTreeSet::new(),
            random: Random::new(1),
            begun: 0,
            most,
        }
    }

    /// How many nodes are kept.
    pub(super) fn kept(&self) -> usize {
        self.nodes.len() - self.free.len()
    }

    /// The point at that node, unless it is a draw.
    pub(super) fn point(&self, node: usize) -> Option<&Point> {
        match &self.nodes[node].kind {
            Kind::Step(point) => Some(point),
            Kind::Draw { .. } => None,
        }
    }

    /// As [`point`](Self::point).
    pub(super) fn point_mut(&mut self, node: usize) -> Option<&mut Point> {
        match &mut self.nodes[node].kind {
            Kind::Step(point) => Some(point),
            Kind::Draw { .. } => None,
        }
    }

    /// Whether the task could be chosen at that point, and is not, and does not sleep there.
    pub(super) fn is_left_out(&self, node: usize, next: Next) -> bool {
        self.point(node).is_some_and(|point| {
            let index = point.index_of(next);
            index.is_some_and(|index| !point.wanted[index] && !point.sleeps(next))
        })
    }

    /// Adds a point, whose only branch so far is taken.
    pub(super) fn add_point(&mut self, before: Option<Visit>, point: Point) -> Visit {
        Visit {
            node: self.add(before, Kind::Step(point)),
            branch: 0,
        }
    }

    /// Adds the draw of a number, which is zero this time.
    pub(super) fn add_draw(&mut self, before: Option<Visit>, bound: usize) -> Visit {
        let node = self.add(before, Kind::Draw { begun: 1, bound });
        if bound > 1 {
            self.want(node, 1);
            if let Some(draws) = self.draws_before(node) {
                draws.push(node);
            }
        }
        Visit { node, branch: 0 }
    }

    fn add(&mut self, before: Option<Visit>, kind: Kind) -> usize {
        let node = Node {
            before,
            depth: before.map_or(0, |before| self.nodes[before.node].depth + 1),
            mark: self.random.next(),
            open: 0,
            kind,
        };
        if let Some(before) = before {
            self.nodes[before.node].open += 1;
        }
        match self.free.pop() {
            Some(free) => {
                self.nodes[free] = node;
                free
            }
            None => {
                self.nodes.push(node);
                self.nodes.len() - 1
            }
        }
    }

    /// The draws of the last step before that node.
    fn draws_before(&mut self, node: usize) -> Option<&mut Vec<usize>> {
        let mut at = self.nodes[node].before?;
        while let Kind::Draw { .. } = self.nodes[at.node].kind {
            at = self.nodes[at.node].before?;
        }
        let point = self.point_mut(at.node)?;
        Some(&mut point.branches[at.branch].draws)
    }

    /// A branch in both orders.
    fn untried(&self, node: usize, choice: usize) -> [Untried; 2] {
        let Node { depth, mark, .. } = self.nodes[node];
        [depth, mark.rotate_left(choice as u32)].map(|at| Untried { at, node, choice })
    }

    /// The candidate must be chosen at that node at some time, or the number drawn.
    pub(super) fn want(&mut self, node: usize, choice: usize) {
        if let Some(point) = self.point_mut(node) {
            point.wanted[choice] = true;
        }
        let [nearest, shuffled] = self.untried(node, choice);
        self.nearest.insert(nearest);
        self.shuffled.insert(shuffled);
        self.nodes[node].open += 1;
    }

    /// Begins another branch after a run that has taken this path. Returns the path to it; `None` if none is left.
    pub(super) fn begin(&mut self, last: &[Visit]) -> Option<Vec<Visit>> {
        let kept = self.forget(last);
        let (node, choice) = self.next(&last[..kept])?;
        let [nearest, shuffled] = self.untried(node, choice);
        self.nearest.remove(&nearest);
        self.shuffled.remove(&shuffled);
        self.nodes[node].open -= 1;
        let branch = match &mut self.nodes[node].kind {
            Kind::Step(point) => {
                point.branches.push(Branch::new(choice));
                point.branches.len() - 1
            }
            Kind::Draw { begun, bound } => {
                *begun += 1;
                if begun < bound {
                    self.want(node, choice + 1);
                } else if let Some(draws) = self.draws_before(node) {
                    draws.retain(|draw| *draw != node);
                }
                choice
            }
        };
        let mut visit = Visit { node, branch };
        let mut path = vec![visit];
        while let Some(before) = self.nodes[visit.node].before {
            path.push(before);
            visit = before;
        }
        path.reverse();
        Some(path)
    }

    /// Forgets the nodes at the end of that path behind which nothing is left to be tried. Returns how many are left.
    fn forget(&mut self, path: &[Visit]) -> usize {
        let mut left = path.len();
        while let Some(at) = left.checked_sub(1) {
            let Node { open, before, .. } = self.nodes[path[at].node];
            if open > 0 {
                break;
            }
            self.free.push(path[at].node);
            if let Some(before) = before {
                self.nodes[before.node].open -= 1;
            }
            left = at;
        }
        left
    }

    /// The node and the choice of the branch to be tried next.
    fn next(&mut self, last: &[Visit]) -> Option<(usize, usize)> {
        let turn = self.begun % 3;
        self.begun += 1;
        let deepest = match turn == 0 || self.kept() > self.most {
            true => last
                .iter()
                .rev()
                .find_map(|visit| self.choice_of(visit.node)),
            false => None,
        };
        let order = match turn {
            1 => &self.nearest,
            _ => &self.shuffled,
        };
        let first = || order.first().map(|first| (first.node, first.choice));
        let (node, choice) = deepest.or_else(first)?;
        // The earlier branches of a point sleep in the next one, so it must be known what their steps use, with every
        // number that they draw.
        let draw = self.point(node).and_then(|point| {
            let mut draws = point.branches.iter().flat_map(|branch| branch.draws.last());
            draws.next().copied()
        });
        match draw {
            Some(draw) => self.choice_of(draw),
            None => Some((node, choice)),
        }
    }

    /// A branch of that node that is to be tried.
    fn choice_of(&self, node: usize) -> Option<(usize, usize)> {
        let choice = match &self.nodes[node].kind {
            Kind::Step(point) => {
                let is_untried = |choice: &usize| {
                    let [nearest, _] = self.untried(node, *choice);
                    point.wanted[*choice] && self.nearest.contains(&nearest)
                };
                (0..point.candidates.len()).find(is_untried)
            }
            Kind::Draw { begun, bound } => (begun < bound).then_some(*begun),
        };
        choice.map(|choice| (node, choice))
    }
}
