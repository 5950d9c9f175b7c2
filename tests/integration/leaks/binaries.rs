//! What stands in a built program: names, and nothing of what they name.

use std::fs;

use crate::support::example::{program, root};

fn holds(program: &[u8], text: &str) -> bool {
    program.windows(text.len()).any(|window| window == text.as_bytes())
}

/// In the profile in which the tests are built: `cargo test --release` looks into release builds.
#[test]
fn a_built_example_holds_names_and_no_value_of_its_dotenv() {
    let program = fs::read(program("quickstart")).unwrap();
    let dotenv = fs::read_to_string(root().join("examples/quickstart/.env")).unwrap();
    let lines = dotenv.lines().filter(|line| !line.trim_start().starts_with('#'));
    let pairs: Vec<(&str, &str)> = lines.filter_map(|line| line.split_once('=')).collect();
    assert!(!pairs.is_empty());
    let mut searched = 0;
    for (name, value) in pairs {
        let value = value.trim_matches(['\'', '"', ' ']);
        // Of a short one any program may hold the letters.
        if value.len() >= 8 {
            assert!(!holds(&program, value), "the value of {name} is in the program");
            searched += 1;
        }
        // The control: the search sees what is there.
        assert!(holds(&program, name), "{name} is not in the program");
    }
    assert!(searched > 0);
}
