//! Flat decision programs: a tree of all / any / not over tests, lowered to tests with two jumps.

/// Where a step goes when its test holds or fails: another step, or the verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Step<T> {
    /// What is tested.
    pub test: T,
    /// Next step when it holds.
    pub yes: u32,
    /// Next step when it fails.
    pub no: u32,
}

/// The program holds.
pub(crate) const ACCEPT: u32 = u32::MAX;
/// The program fails.
pub(crate) const REJECT: u32 = u32::MAX - 1;

/// Steps in order; execution starts at the first and only ever goes forward, so it ends.
#[derive(Clone, Debug)]
pub(crate) struct Program<T> {
    steps: Box<[Step<T>]>,
    start: u32,
}

impl<T> Program<T> {
    /// Runs the program; the tests are judged by `holds`. On failure returns the step that decided and what it said.
    #[inline]
    pub fn run(&self, mut holds: impl FnMut(&T) -> bool) -> Result<(), (u32, bool)> {
        let mut at = self.start;
        loop {
            let Some(step) = self.steps.get(at as usize) else {
                return if at == ACCEPT { Ok(()) } else { Err((at, false)) };
            };
            let said = holds(&step.test);
            let next = if said { step.yes } else { step.no };
            if next == REJECT {
                return Err((at, said));
            }
            at = next;
        }
    }

    /// The steps.
    pub fn steps(&self) -> &[Step<T>] {
        &self.steps
    }
}

/// A tree of tests, as the front end of a language builds it.
pub(crate) enum Tree<T> {
    /// All of them.
    All(Vec<Tree<T>>),
    /// One of them.
    Any(Vec<Tree<T>>),
    /// Not this one.
    Not(Box<Tree<T>>),
    /// A test.
    Leaf(T),
}

impl<T> Tree<T> {
    /// Lowers the tree. Its depth was limited where it came in, so the recursion is bounded.
    pub fn lower(self) -> Program<T> {
        let mut steps = Vec::with_capacity(self.leaves());
        let start = self.emit(ACCEPT, REJECT, &mut steps);
        // Steps were emitted last first, so that every jump target was known; turn them around.
        let last = u32::try_from(steps.len()).unwrap_or(0).wrapping_sub(1);
        let turn = |at: u32| {
            if at >= REJECT { at } else { last.wrapping_sub(at) }
        };
        steps.reverse();
        for step in &mut steps {
            step.yes = turn(step.yes);
            step.no = turn(step.no);
        }
        Program { steps: steps.into_boxed_slice(), start: turn(start) }
    }

    /// How many tests it has.
    fn leaves(&self) -> usize {
        match self {
            Self::All(trees) | Self::Any(trees) => trees.iter().map(Self::leaves).sum(),
            Self::Not(tree) => tree.leaves(),
            Self::Leaf(_) => 1,
        }
    }

    /// Emits the tree so that it goes to `yes` or `no`; returns where it starts.
    fn emit(self, yes: u32, no: u32, steps: &mut Vec<Step<T>>) -> u32 {
        match self {
            Self::All(trees) => trees.into_iter().rev().fold(yes, |next, tree| tree.emit(next, no, steps)),
            Self::Any(trees) => trees.into_iter().rev().fold(no, |next, tree| tree.emit(yes, next, steps)),
            Self::Not(tree) => tree.emit(no, yes, steps),
            Self::Leaf(test) => {
                steps.push(Step { test, yes, no });
                u32::try_from(steps.len()).unwrap_or(0).wrapping_sub(1)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaf(bit: u32) -> Tree<u32> {
        Tree::Leaf(bit)
    }

    #[test]
    fn programs_agree_with_their_trees_on_every_input() {
        // (a and not (b or c)) or (not d and (e or not a)), and the two empty trees.
        let tree = || {
            Tree::Any(vec![
                Tree::All(vec![leaf(0), Tree::Not(Box::new(Tree::Any(vec![leaf(1), leaf(2)])))]),
                Tree::All(vec![
                    Tree::Not(Box::new(leaf(3))),
                    Tree::Any(vec![leaf(4), Tree::Not(Box::new(leaf(0)))]),
                ]),
            ])
        };
        let program = tree().lower();
        for input in 0_u32..32 {
            let bit = |at: u32| input >> at & 1 == 1;
            let expected = (bit(0) && !(bit(1) || bit(2))) || (!bit(3) && (bit(4) || !bit(0)));
            assert_eq!(program.run(|at| bit(*at)).is_ok(), expected, "{input:05b}");
        }
        assert!(Tree::<u32>::All(vec![]).lower().run(|_| false).is_ok());
        assert!(Tree::<u32>::Any(vec![]).lower().run(|_| true).is_err());
    }
}
