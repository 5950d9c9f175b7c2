//! Versions and their labels.

use secrets_runtime::admin::SecretVersion;
use secrets_runtime::{ErrorKind, Redacted, SecretValue};

use super::Corner;

impl Corner {
    /// Writes values into a secret, one after the other: the ids of the versions.
    async fn write(&self, name: &str, values: &[&str]) -> Vec<String> {
        let mut ids = Vec::new();
        for (index, value) in values.iter().enumerate() {
            let written = match index {
                0 => self.admin.create(name).string(*value).await,
                _ => self.admin.put(name).string(*value).await,
            };
            ids.push(written.unwrap().version_id().unwrap().to_owned());
        }
        ids
    }

    /// By their labels: to moto, the last value put is the one to give where no label is asked for.
    async fn current_and_previous(&self, name: &str) -> [String; 2] {
        [self.stage(name, "AWSCURRENT").await, self.stage(name, "AWSPREVIOUS").await]
    }

    async fn stage(&self, name: &str, stage: &str) -> String {
        self.admin.read(name).stage(stage).await.unwrap().expose_secret().clone()
    }
}

on_emulators! {
    async fn every_version_can_be_read(corner: &Corner) {
        let ids = corner.write("key", &["1", "2"]).await;
        corner.admin.put("key").stage("blue").stage("green").string("{\"a\": 3}").await.unwrap();
        assert_eq!(corner.admin.read("key").await.unwrap().expose_secret(), "2");
        assert_eq!(corner.admin.read("key").version_id(&*ids[0]).await.unwrap().expose_secret(), "1");
        assert_eq!(corner.stage("key", "AWSPREVIOUS").await, "1");
        assert_eq!(corner.stage("key", "blue").await, corner.stage("key", "green").await);
        let blue = || corner.admin.read("key").stage("blue");
        let json: Redacted<serde_json::Value> = blue().json().await.unwrap();
        assert_eq!(json.expose_secret()["a"], 3);
        assert_eq!(blue().bytes().await.unwrap().expose_secret(), b"{\"a\": 3}");
        assert!(matches!(blue().value().await.unwrap(), SecretValue::Json(_)));
        let error = corner.admin.read("key").stage("red").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Missing);
    }

    async fn a_read_goes_past_the_cache(corner: &Corner) {
        corner.write("key", &["1"]).await;
        assert_eq!(corner.value("key").await, "1");
        let bare = corner.bare.put_secret_value().secret_id(corner.name("key")).secret_string("2");
        bare.send().await.unwrap();
        assert_eq!(corner.admin.read("key").await.unwrap().expose_secret(), "2");
    }

    async fn all_versions_are_listed_with_labels_and_dates(corner: &Corner) {
        let ids = corner.write("key", &["1", "2", "3"]).await;
        let versions = corner.admin.versions("key").await.unwrap();
        let version = |id: &String| versions.iter().find(|version| version.id() == id);
        let stages = |id: &String| version(id).map(SecretVersion::stages);
        assert_eq!(stages(&ids[2]), Some(&["AWSCURRENT".to_owned()][..]));
        assert_eq!(stages(&ids[1]), Some(&["AWSPREVIOUS".to_owned()][..]));
        assert!(versions.iter().all(|version| version.created().is_some()), "{versions:?}");
        assert!(version(&ids[0]).is_none_or(SecretVersion::is_deprecated));
    }

    async fn a_version_can_be_promoted(corner: &Corner) {
        let ids = corner.write("key", &["1", "2"]).await;
        let candidate = corner.admin.put("key").stage("candidate").string("3").await.unwrap();
        assert_eq!(corner.current_and_previous("key").await, ["2", "1"]);
        let candidate = candidate.version_id().unwrap();
        for _ in 0..2 {
            corner.admin.promote("key", candidate).await.unwrap();
            assert_eq!(corner.current_and_previous("key").await, ["3", "2"]);
        }
        corner.admin.promote("key", &ids[1]).await.unwrap();
        assert_eq!(corner.current_and_previous("key").await, ["2", "3"]);
    }

    async fn a_roll_back_is_undone_by_another(corner: &Corner) {
        let ids = corner.write("key", &["1", "2"]).await;
        assert_eq!(corner.admin.roll_back("key").await.unwrap(), ids[0]);
        assert_eq!(corner.current_and_previous("key").await, ["1", "2"]);
        assert_eq!(corner.admin.roll_back("key").await.unwrap(), ids[1]);
        assert_eq!(corner.current_and_previous("key").await, ["2", "1"]);
    }

    async fn labels_of_ones_own_are_moved_and_removed(corner: &Corner) {
        let ids = corner.write("key", &["1", "2"]).await;
        for (id, value) in [(&ids[0], "1"), (&ids[1], "2"), (&ids[0], "1")] {
            corner.admin.move_stage("key", "blue", id).await.unwrap();
            assert_eq!(corner.stage("key", "blue").await, value);
        }
        corner.admin.remove_stage("key", "blue").await.unwrap();
        corner.admin.remove_stage("key", "blue").await.unwrap();
        let error = corner.admin.read("key").stage("blue").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Missing);
        assert_eq!(corner.value("key").await, "2");
    }
}

#[tokio::test]
async fn a_version_that_becomes_current_is_seen_at_once() {
    let test = "a_version_that_becomes_current_is_seen_at_once";
    let Some(localstack) = harness::emulator::localstack(test) else { return };
    let corner = Corner::new(localstack, test);
    let ids = corner.write("key", &["1", "2"]).await;
    assert_eq!(corner.value("key").await, "2");
    corner.admin.roll_back("key").await.unwrap();
    assert_eq!(corner.value("key").await, "1");
    corner.admin.promote("key", &ids[1]).await.unwrap();
    assert_eq!(corner.value("key").await, "2");
}
