//! A JSON secret that lacks what the file has: a plain addition, which destroys nothing.

use secrets_runtime::migration::SecretChange;
use secrets_runtime::{Secret, SecretConfig};

use super::{AppConfig, Corner, FILE, changes, env_file};

#[tokio::test]
async fn a_missing_key_is_added_without_overwrite() {
    let test = "a_missing_key_is_added_without_overwrite";
    let Some(moto) = harness::emulator::moto(test) else { return };
    let stored = "{ \"engine\": \"smtp\",\n \"host\": \"mail.example.com\", \"port\": 2525, \"login\": {\"user\": 1.0} }";
    for with_leave in [false, true] {
        let corner = Corner::new(moto, &format!("{test}-{with_leave}"));
        corner.admin.create("smtp").string(stored).await.unwrap();
        let migration = corner.migration::<AppConfig>();
        let migration = if with_leave { migration.overwrite() } else { migration };
        let plan = migration.plan(&corner.admin, &env_file(FILE)).await.unwrap();
        let smtp = &plan.secrets()[1];
        assert_eq!(
            (smtp.change(), smtp.added_keys()),
            (SecretChange::AddKeys, &["login.password".to_owned()][..])
        );
        assert!(plan.has_writes() && !plan.has_findings(), "{plan}");
        let note = "   add keys          SMTP_HOST, SMTP_PORT, MAIL_PASSWORD; adds the key login.password\n";
        assert!(plan.to_string().contains(note), "{plan}");
        let json: serde_json::Value = serde_json::from_str(&plan.to_json()).unwrap();
        assert_eq!(json["secrets"][1]["change"], "add keys");
        assert_eq!(json["secrets"][1]["added_keys"], serde_json::json!(["login.password"]));
        let report = plan.apply(&corner.admin).await.unwrap();
        assert_eq!(report.to_string(), "2 created, 1 written, 0 unchanged");
        assert_eq!(
            corner.value("smtp").await.unwrap(),
            "{ \"engine\": \"smtp\",\n \"host\": \"mail.example.com\", \"port\": 2525, \
             \"login\": {\"user\": 1.0,\"password\":\"p\\\"w\"} }"
        );
        let again = migration.plan(&corner.admin, &env_file(FILE)).await.unwrap();
        assert!(!again.has_writes(), "{again}");
    }
}

#[tokio::test]
async fn several_keys_and_null_are_added_and_a_written_text_is_not_replaced() {
    let test = "several_keys_and_null_are_added_and_a_written_text_is_not_replaced";
    let Some(moto) = harness::emulator::moto(test) else { return };
    let [add, differs] = [SecretChange::AddKeys, SecretChange::Differs];
    for (index, (stored, expected, after)) in [
        ("{}", add, Some(r#"{"host":"mail.example.com","port":"2525","login":{"password":"p\"w"}}"#)),
        (
            r#"{"host":null,"login":null}"#,
            add,
            Some(r#"{"host":"mail.example.com","login":{"password":"p\"w"},"port":"2525"}"#),
        ),
        // Somebody has written it, be it empty.
        (r#"{"host":""}"#, differs, None),
        (r#"{"host":"other"}"#, differs, None),
        (r#"{"host":"[REDACTED]"}"#, differs, None),
        ("[]", differs, None),
        ("no JSON", differs, None),
    ]
    .into_iter()
    .enumerate()
    {
        let corner = Corner::new(moto, &format!("{test}-{index}"));
        corner.admin.create("smtp").string(stored).await.unwrap();
        let plan = corner.plan::<AppConfig>(FILE).await;
        assert_eq!(plan.secrets()[1].change(), expected, "{stored}: {plan}");
        plan.apply(&corner.admin).await.unwrap();
        let value = corner.value("smtp").await.unwrap();
        assert_eq!(read(&value), read(after.unwrap_or(stored)), "{stored}");
    }
}

fn read(text: &str) -> Result<serde_json::Value, String> {
    serde_json::from_str(text).map_err(|_| text.to_owned())
}

#[tokio::test]
async fn a_key_that_has_no_place_is_refused() {
    let test = "a_key_that_has_no_place_is_refused";
    let Some(moto) = harness::emulator::moto(test) else { return };
    let corner = Corner::new(moto, test);
    let stored = r#"{"host":"mail.example.com","port":2525,"login":"shop"}"#;
    corner.admin.create("smtp").string(stored).await.unwrap();
    let plan = corner.plan::<AppConfig>(FILE).await;
    assert_eq!((plan.secrets()[1].change(), plan.has_findings()), (SecretChange::Differs, true), "{plan}");
    plan.apply(&corner.admin).await.unwrap();
    assert_eq!(corner.value("smtp").await.as_deref(), Some(stored));
    // Nor is there one with leave to overwrite.
    let migration = corner.migration::<AppConfig>().overwrite();
    let plan = migration.plan(&corner.admin, &env_file(FILE)).await.unwrap();
    assert_eq!((plan.secrets()[1].change(), plan.has_findings()), (SecretChange::Refused, true), "{plan}");
    plan.apply(&corner.admin).await.unwrap();
    assert_eq!(corner.value("smtp").await.as_deref(), Some(stored));
}

#[derive(Debug, SecretConfig)]
#[allow(dead_code)]
struct Keys {
    #[secret(name = "keys", key = "signing", env = "SIGNING")]
    signing: Secret<String>,
    #[secret(name = "keys", key = "signing", stage = "AWSPREVIOUS", env = "SIGNING_BEFORE")]
    signing_before: Option<Secret<String>>,
    #[secret(name = "keys", key = "other", env = "OTHER")]
    other: Secret<String>,
}

/// A new version takes AWSPREVIOUS from the one that the config reads.
#[tokio::test]
async fn no_key_is_added_without_leave_where_another_version_is_read() {
    let test = "no_key_is_added_without_leave_where_another_version_is_read";
    let Some(moto) = harness::emulator::moto(test) else { return };
    let corner = Corner::new(moto, test);
    corner.admin.create("keys").string(r#"{"signing":"1"}"#).await.unwrap();
    corner.admin.put("keys").string(r#"{"signing":"2"}"#).await.unwrap();
    let file = env_file("SIGNING=2\nOTHER=3\n");
    let plan = corner.migration::<Keys>().plan(&corner.admin, &file).await.unwrap();
    assert_eq!(changes(&plan), [SecretChange::Differs], "{plan}");
    let plan = corner.migration::<Keys>().overwrite().plan(&corner.admin, &file).await.unwrap();
    assert_eq!(changes(&plan), [SecretChange::AddKeys], "{plan}");
}

#[tokio::test]
async fn a_key_added_after_the_plan_is_not_lost() {
    let test = "a_key_added_after_the_plan_is_not_lost";
    let Some(moto) = harness::emulator::moto(test) else { return };
    let corner = Corner::new(moto, test);
    corner.admin.create("smtp").string("{}").await.unwrap();
    let plan = corner.plan::<AppConfig>(FILE).await;
    corner.admin.put("smtp").string(r#"{"theirs":"1"}"#).await.unwrap();
    let error = plan.apply(&corner.admin).await.unwrap_err();
    assert!(error.to_string().contains("the secret was changed after the plan was made"), "{error}");
    assert_eq!(corner.value("smtp").await.as_deref(), Some(r#"{"theirs":"1"}"#));
}

#[derive(Debug, SecretConfig)]
struct Trimmed {
    #[secret(trim)]
    token: Secret<String>,
    #[secret(name = "document", key = "password", env = "PASSWORD", trim)]
    password: Secret<String>,
    exact: Secret<String>,
    #[secret(trim)]
    blank: Option<Secret<String>>,
}

/// Where a setting is trimmed, a load sees no difference.
#[tokio::test]
async fn what_is_trimmed_away_is_no_difference_and_is_not_written() {
    let test = "what_is_trimmed_away_is_no_difference_and_is_not_written";
    let Some(moto) = harness::emulator::moto(test) else { return };
    let corner = Corner::new(moto, test);
    let file = "TOKEN=' key\t'\nPASSWORD=' pw '\nEXACT=' as it is '\nBLANK=' '\n";
    let plan = corner.plan::<Trimmed>(file).await;
    let [create, same, not_given] = [SecretChange::Create, SecretChange::Same, SecretChange::NotGiven];
    assert_eq!(changes(&plan), [create, create, create, not_given], "{plan}");
    plan.apply(&corner.admin).await.unwrap();
    for (name, expected) in [("token", "key"), ("document", r#"{"password":"pw"}"#), ("exact", " as it is ")]
    {
        assert_eq!(corner.value(name).await.as_deref(), Some(expected));
    }
    corner.admin.put("token").string("\nkey \n").await.unwrap();
    corner.admin.put("document").string(r#"{"password":"pw\n"}"#).await.unwrap();
    corner.admin.put("exact").string(" as it is \n").await.unwrap();
    let plan = corner.plan::<Trimmed>(file).await;
    assert_eq!(changes(&plan), [same, same, SecretChange::Differs, not_given], "{plan}");
    let binary = Corner::new(moto, &format!("{test}-binary"));
    binary.admin.create("token").binary("key\n".as_bytes()).await.unwrap();
    assert_eq!(binary.plan::<Trimmed>(file).await.secrets()[0].change(), same);
}

#[derive(Debug, SecretConfig)]
#[allow(dead_code)]
struct Dotted {
    #[secret(name = "api", key = "api.key", env = "API_KEY")]
    api_key: Secret<String>,
    #[secret(name = "api", key = "web.hook.url", env = "WEB_HOOK")]
    web_hook: Secret<String>,
}

/// A key with dots that is one key of the secret stays one, and any other is written as a path: a load reads
/// both.
#[tokio::test]
async fn a_key_with_dots_is_written_where_a_load_reads_it() {
    let test = "a_key_with_dots_is_written_where_a_load_reads_it";
    let Some(moto) = harness::emulator::moto(test) else { return };
    for (index, (stored, after)) in [
        (r#"{"api.key":"old","web":1}"#, None),
        (r#"{"api.key":"old"}"#, Some(r#"{"api.key":"new","web":{"hook":{"url":"u"}}}"#)),
        (r#"{"api.key":null,"web":{"hook.url":"old"}}"#, Some(r#"{"api.key":"new","web":{"hook.url":"u"}}"#)),
        (r#"{"api":{"key":"old"}}"#, Some(r#"{"api":{"key":"new"},"web":{"hook":{"url":"u"}}}"#)),
        (
            r#"{"api.key":"old","api":{"key":"other"}}"#,
            Some(r#"{"api.key":"new","api":{"key":"other"},"web":{"hook":{"url":"u"}}}"#),
        ),
        ("{}", Some(r#"{"api":{"key":"new"},"web":{"hook":{"url":"u"}}}"#)),
    ]
    .into_iter()
    .enumerate()
    {
        let corner = Corner::new(moto, &format!("{test}-{index}"));
        corner.admin.create("api").string(stored).await.unwrap();
        let migration = corner.migration::<Dotted>().overwrite();
        let plan = migration.plan(&corner.admin, &env_file("API_KEY=new\nWEB_HOOK=u\n")).await.unwrap();
        plan.apply(&corner.admin).await.unwrap();
        let Some(after) = after else {
            assert_eq!(plan.secrets()[0].change(), SecretChange::Refused, "{plan}");
            continue;
        };
        assert_eq!(corner.value("api").await.as_deref(), Some(after), "{stored}");
        let config = Dotted::load_from(&corner.secrets).await.unwrap();
        let values = (config.api_key.expose_secret().as_str(), config.web_hook.expose_secret().as_str());
        assert_eq!(values, ("new", "u"), "{stored}");
    }
}

#[derive(Debug, SecretConfig)]
#[allow(dead_code)]
struct TwoWays {
    #[secret(name = "api", key = "api.key", env = "A")]
    path: Secret<String>,
    #[secret(name = "api", key = "/api.key", env = "B")]
    one_key: Secret<String>,
}

#[tokio::test]
async fn values_that_a_load_would_mix_up_are_refused() {
    let test = "values_that_a_load_would_mix_up_are_refused";
    let Some(moto) = harness::emulator::moto(test) else { return };
    let corner = Corner::new(moto, test);
    let plan = corner.plan::<TwoWays>("A=hunter1\nB=hunter2\n").await;
    assert_eq!(plan.secrets()[0].change(), SecretChange::Refused, "{plan}");
    assert!(plan.to_string().contains("two settings read one key in two ways"), "{plan}");
    assert!(!plan.to_string().contains("hunter"), "{plan}");
    let same = corner.plan::<TwoWays>("A=hunter1\nB=hunter1\n").await;
    assert_eq!(same.secrets()[0].change(), SecretChange::Create, "{same}");
}
