//! Readers of one secret share its value and the request for it.

use std::ptr;

use secrets_runtime::source::Answer;
use secrets_runtime::{Secret, SecretConfig};

use super::{of, text, text_at_once, warm, with};
use crate::support::remote::Remote;

#[derive(Debug, SecretConfig)]
#[secret(prefix = "app/{environment}")]
struct Config {
    database_url: Secret<String>,
    #[secret(name = "jwt")]
    jwt_secret: Secret<String>,
    #[secret(id = "shared/{environment}/stripe")]
    stripe: Secret<String>,
    sentry_dsn: Option<Secret<String>>,
}

fn shop() -> Remote {
    let remote = Remote::new().with("app/production/database-url", "d").with("app/production/jwt", "j");
    remote.with("shared/production/stripe", "s")
}

#[tokio::test(start_paused = true)]
async fn two_reads_are_two_handles_of_one_value() {
    let remote = Remote::new().with("key", "k");
    remote.answer("blob", Answer::found(&[0xff_u8, 0x00]));
    let secrets = of(&remote);
    let first = secrets.get("key").await.unwrap();
    // By every way there is to a cached value.
    for _ in 0..4 {
        let again = secrets.get("key").await.unwrap();
        assert!(ptr::eq(first.expose_secret(), again.expose_secret()));
    }
    let again = secrets.clone().request("key").await.unwrap();
    assert!(ptr::eq(first.expose_secret(), again.expose_secret()));
    let [one, other] = [secrets.get_bytes("blob").await.unwrap(), secrets.get_bytes("blob").await.unwrap()];
    assert!(ptr::eq(one.expose_secret(), other.expose_secret()));
    assert_eq!(remote.requests(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_config_loaded_twice_is_one_request() {
    let remote = shop();
    let secrets = of(&remote);
    let [one, other] =
        [Config::load_from(&secrets).await.unwrap(), Config::load_from(&secrets).await.unwrap()];
    assert!(ptr::eq(one.jwt_secret.expose_secret(), other.jwt_secret.expose_secret()));
    assert!(other.sentry_dsn.is_none());
    assert_eq!(remote.requests(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_config_and_a_read_of_one_of_its_secrets_are_one_request() {
    let remote = shop();
    // A prefix of the struct comes in place of the builder's.
    let secrets = with(remote.clone()).prefix("app/{environment}").build().unwrap();
    let config = Config::load_from(&secrets).await.unwrap();
    for (name, field) in [("database-url", &config.database_url), ("jwt", &config.jwt_secret)] {
        let read = secrets.get(name).await.unwrap();
        assert!(ptr::eq(read.expose_secret(), field.expose_secret()), "{name}");
    }
    assert_eq!(remote.requests(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_config_takes_what_was_read_before_and_asks_for_the_rest() {
    let remote = shop();
    let secrets = of(&remote);
    assert_eq!(text(&secrets, "app/{environment}/jwt").await, "j");
    assert_eq!(text(&secrets, "shared/production/stripe").await, "s");
    assert_eq!(Config::load_from(&secrets).await.unwrap().stripe.expose_secret(), "s");
    let fetches = remote.fetches();
    let last = ["app/production/database-url", "app/production/sentry-dsn"];
    assert_eq!((fetches.len(), fetches[2].as_slice()), (3, last.map(str::to_owned).as_slice()));
}

#[tokio::test(start_paused = true)]
async fn readers_of_different_keys_of_a_json_secret_share_one_request() {
    #[derive(Debug, SecretConfig)]
    #[secret(id = "db")]
    struct Database {
        username: Secret<String>,
        port: u16,
    }
    #[derive(Debug, SecretConfig)]
    struct Service {
        #[secret(id = "db", key = "password")]
        password: Secret<String>,
    }
    let remote = Remote::new().with("db", r#"{"username": "u", "password": "p", "port": 5432}"#);
    let secrets = of(&remote);
    let database = Database::load_from(&secrets).await.unwrap();
    assert_eq!((database.username.expose_secret().as_str(), database.port), ("u", 5432));
    assert_eq!(Service::load_from(&secrets).await.unwrap().password.expose_secret(), "p");
    assert!(secrets.get_value("db").await.unwrap().as_text().is_some());
    assert_eq!(remote.requests(), 1);
}

#[tokio::test(start_paused = true)]
async fn loads_side_by_side_are_one_request() {
    let remote = shop();
    let secrets = of(&remote);
    let load = || {
        let secrets = secrets.clone();
        tokio::spawn(async move { Config::load_from(&secrets).await.unwrap() })
    };
    let loads: Vec<_> = (0..20).map(|_| load()).collect();
    for load in loads {
        assert_eq!(load.await.unwrap().jwt_secret.expose_secret(), "j");
    }
    assert_eq!(remote.requests(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_is_no_text_stays_what_it_is_in_every_form() {
    let remote = Remote::new();
    remote.answer("blob", Answer::found(&[0xff_u8]));
    let secrets = of(&remote);
    for _ in 0..3 {
        assert!(secrets.get("blob").await.is_err());
        assert_eq!(secrets.get_bytes("blob").await.unwrap().expose_secret(), &[0xff]);
    }
    assert_eq!(remote.requests(), 1);
}

#[tokio::test(start_paused = true)]
async fn two_secrets_of_one_program_share_nothing() {
    let remote = Remote::new().with("key", "k");
    let [one, other] = [of(&remote), of(&remote)];
    warm(&one, "key").await;
    assert_eq!(text_at_once(&other, "key"), None);
    warm(&other, "key").await;
    one.clear_cache();
    assert_eq!(text_at_once(&other, "key").unwrap(), "k");
    assert_eq!(remote.requests(), 2);
}
