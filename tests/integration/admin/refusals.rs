//! What is refused, and how it is said.

use secrets_runtime::ErrorKind;

use super::{Corner, code};
use crate::support::aws::{options, target};

const TOKEN: &str = "4d9ac9b5-7e1b-4a6e-8d9c-5f2b6a1c0e3d";
const ABSENT: &str = "00000000-0000-4000-8000-000000000000";

on_emulators! {
    async fn a_name_is_taken_once(corner: &Corner) {
        corner.admin.create("jwt").string("1").await.unwrap();
        let again = corner.admin.create("jwt").string("2").await;
        let shown = again.as_ref().unwrap_err().to_string();
        let name = corner.name("jwt");
        let start = format!(
            "jwt could not be created (environment: production)\n{}\n  jwt   configuration\n",
            target(&corner.url)
        );
        assert!(shown.starts_with(&start), "{shown}");
        assert!(shown.contains(&format!("aws  {name}   ResourceExistsException: it is there already")), "{shown}");
        assert!(shown.contains("help: put a new version into it, or choose another name"), "{shown}");
        assert_eq!(code(again), "ResourceExistsException");
        assert_eq!(corner.value("jwt").await, "1");
    }

    async fn a_token_is_for_one_value(corner: &Corner) {
        corner.admin.create("jwt").client_request_token(TOKEN).string("1").await.unwrap();
        let other = corner.admin.put("jwt").client_request_token(TOKEN).string("2").await;
        assert_eq!(code(other), "ResourceExistsException");
        assert_eq!(corner.value("jwt").await, "1");
    }

    async fn what_is_not_there_is_missing_whatever_is_done_with_it(corner: &Corner) {
        let admin = &corner.admin;
        let errors = [
            admin.put("absent").string("1").await.unwrap_err(),
            admin.describe("absent").await.unwrap_err(),
            admin.read("absent").await.unwrap_err(),
            admin.roll_back("absent").await.unwrap_err(),
            admin.promote("absent", ABSENT).await.unwrap_err(),
            admin.update("absent").description("a").await.unwrap_err(),
            admin.tag("absent", "a", "b").await.unwrap_err(),
            admin.untag("absent", "a").await.unwrap_err(),
            admin.delete("absent").await.unwrap_err(),
            admin.restore("absent").await.unwrap_err(),
        ];
        for error in errors {
            assert_eq!(error.kind(), ErrorKind::Missing, "{error}");
            assert_eq!(error.fields()[0].path(), "absent");
            assert!(error.to_string().contains("ResourceNotFoundException"), "{error}");
            assert!(error.to_string().contains("help: "), "{error}");
        }
        // For which moto has a fault of its own.
        let error = admin.versions("absent").await.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Missing | ErrorKind::Unavailable), "{error}");
    }

    async fn a_name_that_is_marked_for_deletion_is_taken(corner: &Corner) {
        corner.admin.create("jwt").string("1").await.unwrap();
        corner.admin.delete("jwt").await.unwrap();
        let error = corner.admin.create("jwt").string("2").await.unwrap_err();
        if error.kind() == ErrorKind::PendingDeletion {
            let (options, name) = (options(&corner.url), corner.name("jwt"));
            let restore = format!("help: aws secretsmanager restore-secret {options} --secret-id {name}");
            assert!(error.to_string().contains(&restore), "{error}");
        } else {
            // An emulator may know no difference.
            assert!(error.to_string().contains("ResourceExistsException"), "{error}");
        }
    }

    async fn a_version_that_is_not_there_is_not_promoted(corner: &Corner) {
        corner.admin.create("jwt").string("1").await.unwrap();
        // The emulators take the label from the current version all the same. AWS does both or neither.
        corner.admin.promote("jwt", ABSENT).await.unwrap_err();
        corner.admin.create("other").string("1").await.unwrap();
        let error = corner.admin.roll_back("other").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Missing);
        assert_eq!(corner.value("other").await, "1");
    }

    async fn a_recovery_window_has_its_bounds(corner: &Corner) {
        corner.admin.create("jwt").string("1").await.unwrap();
        for days in [0, 6, 31] {
            let error = corner.admin.delete("jwt").recovery_window(days).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Invalid);
        }
        assert_eq!(corner.value("jwt").await, "1");
    }
}
