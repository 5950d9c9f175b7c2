//! What is written is what is read.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use secrets_runtime::admin::Admin;
use secrets_runtime::{Redacted, Secret};

use super::Corner;

const TOKEN: &str = "4d9ac9b5-7e1b-4a6e-8d9c-5f2b6a1c0e3d";

on_emulators! {
    async fn what_is_created_is_read_back(corner: &Corner) {
        let text = " \"a\\,\n\u{1}\té𝄞 ";
        corner.admin.create("text").string(text).await.unwrap();
        assert_eq!(corner.value("text").await, text);
        let every_byte: Vec<u8> = (0..=255).collect();
        corner.admin.create("bytes").binary(every_byte.clone()).await.unwrap();
        assert_eq!(corner.secrets.get_bytes("bytes").await.unwrap().expose_secret(), &every_byte);
        let login = BTreeMap::from([("username", "shop"), ("password", "\"p\"")]);
        corner.admin.create("json").json(&login).await.unwrap();
        let read: Redacted<serde_json::Value> = corner.secrets.get_json("json").await.unwrap();
        assert_eq!(read.expose_secret(), &serde_json::json!(login));
    }

    async fn a_secret_says_what_it_is_like(corner: &Corner) {
        let create = corner.admin.create("jwt").description("Signs the \"SecretString\":\"\" tokens");
        let created = create.tag("team", "shop").tag("tier", "1").string("key").await.unwrap();
        assert_eq!(created.name(), Some(corner.name("jwt").as_str()));
        let described = corner.admin.describe("jwt").await.unwrap();
        assert_eq!((described.arn(), described.name()), (created.id(), created.name()));
        assert_eq!(described.description(), Some("Signs the \"SecretString\":\"\" tokens"));
        assert_eq!(described.tags().collect::<Vec<_>>(), [("team", "shop"), ("tier", "1")]);
        assert_eq!(described.version_with_stage("AWSCURRENT"), created.version_id());
        assert!(!described.rotation().is_enabled());
        assert_eq!((described.deletion_date(), described.rotation().next()), (None, None));
        let age = SystemTime::now().duration_since(described.created().unwrap()).unwrap_or_default();
        assert!(age < Duration::from_mins(5), "{age:?}");
    }

    async fn what_a_secret_is_like_can_be_changed(corner: &Corner) {
        corner.admin.create("jwt").description("a").tag("team", "shop").string("key").await.unwrap();
        corner.admin.update("jwt").description("b").await.unwrap();
        corner.admin.tag("jwt", "tier", "1").await.unwrap();
        corner.admin.tag("jwt", "tier", "2").await.unwrap();
        corner.admin.untag("jwt", "team").await.unwrap();
        corner.admin.untag("jwt", "absent").await.unwrap();
        let described = corner.admin.describe("jwt").await.unwrap();
        assert_eq!(described.description(), Some("b"));
        assert_eq!(described.tags().collect::<Vec<_>>(), [("tier", "2")]);
        assert_eq!(corner.value("jwt").await, "key");
    }

    async fn a_new_value_is_seen_at_once(corner: &Corner) {
        corner.admin.create("jwt").string("1").await.unwrap();
        assert_eq!(corner.value("jwt").await, "1");
        // The control: what nobody tells the cache of, it does not see.
        let bare = corner.bare.put_secret_value().secret_id(corner.name("jwt")).secret_string("2");
        bare.send().await.unwrap();
        assert_eq!(corner.value("jwt").await, "1");
        let value = Secret::from("3");
        let put = corner.admin.put("jwt").string(&value).await.unwrap();
        assert!(value.ct_eq("3"));
        assert_eq!(corner.value("jwt").await, "3");
        corner.admin.put(put.id().unwrap()).string("4").await.unwrap();
        assert_eq!(corner.value("jwt").await, "4");
    }

    async fn what_is_missing_is_seen_as_soon_as_it_is_created(corner: &Corner) {
        corner.secrets.get("jwt").await.unwrap_err();
        corner.admin.create("jwt").string("1").await.unwrap();
        assert_eq!(corner.value("jwt").await, "1");
    }

    async fn a_put_that_is_repeated_makes_no_second_version(corner: &Corner) {
        corner.admin.create("jwt").string("1").await.unwrap();
        for _ in 0..2 {
            let put = corner.admin.put("jwt").client_request_token(TOKEN).string("2").await.unwrap();
            assert_eq!(put.version_id(), Some(TOKEN));
        }
        assert_eq!(corner.admin.versions("jwt").await.unwrap().len(), 2);
        assert_eq!(corner.value("jwt").await, "2");
    }

    async fn a_secret_may_wait_for_its_first_value(corner: &Corner) {
        corner.admin.create("jwt").without_value().await.unwrap();
        corner.secrets.get("jwt").await.unwrap_err();
        corner.admin.put("jwt").string("1").await.unwrap();
        assert_eq!(corner.value("jwt").await, "1");
    }

    async fn without_secrets_names_are_taken_as_they_are(corner: &Corner) {
        let admin = Admin::from_secrets_manager(corner.source.clone());
        admin.create(&corner.name("jwt")).string("1").await.unwrap();
        assert_eq!(corner.value("jwt").await, "1");
        assert_eq!(admin.read(&corner.name("jwt")).await.unwrap().expose_secret(), "1");
    }
}
