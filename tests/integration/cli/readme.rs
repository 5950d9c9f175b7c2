//! What the README shows of the command line, held against what it prints.

use super::{account, example_env, production, run_in};
use crate::support::child::folder;
use crate::support::example::root;

#[test]
fn every_command_that_the_readme_shows_prints_what_it_shows() {
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let stub = production();
    let url = stub.url();
    let mut commands = 0;
    for block in readme.split("```console\n").skip(1) {
        let (block, _) = block.split_once("```").unwrap();
        let (command, expected) = block.split_once('\n').unwrap();
        let arguments = command.strip_prefix("$ shop secrets ").unwrap_or_else(|| panic!("{command}"));
        let arguments: Vec<&str> = arguments.split_whitespace().collect();
        let ended = run_in(&folder(example_env()), &arguments, &account(&url));
        assert_eq!([ended.stdout.as_str(), &ended.stderr].concat(), expected, "{command}");
        commands += 1;
    }
    assert!(commands >= 3, "{commands} commands are shown");
}
