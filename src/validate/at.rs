//! Where a check stands in the rule set. A path is a chain of steps on the stack; text is made of it only when there is
//! something to report, so sound rules cost no allocation.

/// A place in a document.
#[derive(Clone, Copy)]
pub(crate) struct At<'a> {
    above: Option<&'a At<'a>>,
    step: Step<'a>,
}

#[derive(Clone, Copy)]
enum Step<'a> {
    Root,
    Key(&'a str),
    Index(usize),
    Member(&'a str),
}

impl<'a> At<'a> {
    pub(crate) const ROOT: At<'static> = At { above: None, step: Step::Root };

    /// A field of the object here.
    pub(crate) const fn key(&'a self, key: &'a str) -> At<'a> {
        At { above: Some(self), step: Step::Key(key) }
    }

    /// A member of the list here.
    pub(crate) const fn index(&'a self, index: usize) -> At<'a> {
        At { above: Some(self), step: Step::Index(index) }
    }

    /// A member of the list here that is a set once it is read, and so has forgotten its position. The text of the document
    /// still has it.
    pub(crate) const fn member(&'a self, name: &'a str) -> At<'a> {
        At { above: Some(self), step: Step::Member(name) }
    }

    /// The member of the list that [`pointer`](Self::pointer) leads to.
    pub(crate) const fn listed(&self) -> Option<&'a str> {
        match self.step {
            Step::Member(name) => Some(name),
            Step::Root | Step::Key(_) | Step::Index(_) => None,
        }
    }

    /// The JSON pointer; of a member of a set that of the list.
    pub(crate) fn pointer(&self) -> String {
        let mut steps = Vec::new();
        let mut at = Some(self);
        while let Some(place) = at {
            steps.push(place.step);
            at = place.above;
        }
        let mut pointer = String::new();
        for step in steps.iter().rev() {
            match step {
                Step::Root | Step::Member(_) => {}
                Step::Key(key) => push_key(&mut pointer, key),
                Step::Index(index) => push_key(&mut pointer, &index.to_string()),
            }
        }
        pointer
    }
}

/// Appends a step to a JSON pointer (RFC 6901).
pub(crate) fn push_key(pointer: &mut String, key: &str) {
    pointer.push('/');
    if !key.bytes().any(|byte| matches!(byte, b'~' | b'/')) {
        pointer.push_str(key);
        return;
    }
    for character in key.chars() {
        match character {
            '~' => pointer.push_str("~0"),
            '/' => pointer.push_str("~1"),
            _ => pointer.push(character),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_a_json_pointer() {
        let rules = At::ROOT.key("rules");
        let rule = rules.index(3);
        let funding = rule.key("funding");
        assert_eq!(funding.key("a/b~c").pointer(), "/rules/3/funding/a~1b~0c");
        assert_eq!(At::ROOT.pointer(), "");
    }
}
