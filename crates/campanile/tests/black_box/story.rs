//! The whole product in one go, as a newcomer would try it.

use crate::process::{Ended, campanile};

#[test]
fn the_demo_works() {
    let shown = Ended::of(campanile(&["demo"]).output().expect("it runs"));
    assert_eq!(shown.code, Some(0), "{shown:?}");
    assert_eq!(shown.data.matches('♪').count(), 2, "{}", shown.data);
    assert!(!shown.data.contains('\u{1b}'), "no colours where there is no terminal");
}
