//! later
#[test]
fn none() {}
