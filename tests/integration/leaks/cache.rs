//! A cache full of canaries: what it prints, what it logs, and what its failures say.

use std::time::Duration;

use harness::stub::{Fault, Stub};
use secrets_runtime::source::{Answer, Fetched, Identity, Key, SourceError, Version};
use secrets_runtime::{Clock, Error, ErrorKind, Secret, SecretConfig, Secrets};
use tokio::time::advance;

use crate::support::aws::once;
use crate::support::canary::{Canary, assert_unseen};
use crate::support::events::Events;
use crate::support::printed::printed;
use crate::support::printed::said;
use crate::support::production;
use crate::support::remote::{Remote, Watched};
use crate::support::time::{pass, turns};

const PAST_TTL: Duration = Duration::from_secs(331);
const PAST_MAX_STALE: Duration = Duration::from_secs(331 + 3600);

#[derive(Debug, SecretConfig)]
struct Config {
    token: Secret<String>,
    #[secret(name = "db", key = "password")]
    password: Secret<String>,
    absent: Option<Secret<String>>,
}

struct Full {
    canaries: [Canary; 3],
    remote: Remote,
    secrets: Secrets,
}

impl Full {
    /// A cache that holds each kind of value, by every way that leads to it.
    async fn new(capacity: usize) -> Self {
        let canaries = ["token", "db", "bytes"].map(Canary::new);
        let [token, db, bytes] = canaries.each_ref().map(Canary::as_str);
        let remote = Remote::new().with("db", &serde_json::json!({ "password": db }).to_string());
        let identity = Identity::new("arn:aws:secretsmanager:us-east-1:123456789012:secret:token-AbCdEf");
        let identity = identity.with_name("token").with_version_id(token).with_stages([token.to_owned()]);
        remote.answer("token", Answer::found(token).identified_by(identity));
        remote.answer("bytes", Answer::found(bytes.as_bytes()));
        let secrets = production().sources([remote.clone()]).clock(Clock::Tokio).capacity(capacity);
        let full = Self { canaries, remote, secrets: secrets.build().unwrap() };
        full.read().await.unwrap();
        full
    }

    async fn read(&self) -> Result<(), Error> {
        for _ in 0..3 {
            self.secrets.get("token").await?;
            self.secrets.get_bytes("bytes").await?;
            Config::load_from(&self.secrets).await?;
            turns().await;
        }
        Ok(())
    }

    /// What the numbers say, in every form in which they are given out.
    fn assert_unseen_in_stats(&self) {
        let stats = self.secrets.stats();
        assert!(!stats.entries.is_empty(), "{stats}");
        let json = serde_json::to_string(&stats).unwrap();
        self.assert_unseen("Stats", &format!("{stats}{}{json}", printed(&stats)));
        self.assert_unseen("EntryStats", &printed(&stats.entries));
    }

    fn assert_unseen(&self, what: &str, text: &str) {
        assert_unseen(&self.canaries.each_ref(), what, text);
    }
}

#[tokio::test(start_paused = true)]
async fn what_holds_the_cache_shows_nothing_of_it() {
    let full = Full::new(1024).await;
    let text = full.canaries[0].as_str();
    full.assert_unseen("Secrets", &printed(&full.secrets));
    let request = full.secrets.request("token").ttl(Duration::from_secs(1)).default_value(text).refresh();
    full.assert_unseen("Request", &printed(&request));
    full.assert_unseen("Request", &printed(&full.secrets.request(text).bypass_cache()));
    full.assert_unseen("SecretsBuilder", &printed(&production().sources([full.remote.clone()])));
    assert_eq!(printed(&[Clock::System, Clock::Tokio]).matches("Tokio").count(), 10);
    full.assert_unseen_in_stats();
    // Values in the place of names, and of versions.
    let _ = full.secrets.get(text).await;
    let _ = full.secrets.request("token").stage(text).await;
    let _ = full.secrets.request("token").version_id(text).await;
    full.assert_unseen_in_stats();
    // While it is refreshed, too.
    full.remote.hold();
    advance(PAST_TTL).await;
    full.secrets.get("token").await.unwrap();
    full.remote.asked(2).await;
    full.assert_unseen("Secrets", &printed(&full.secrets));
    full.assert_unseen_in_stats();
}

#[test]
fn what_is_said_of_a_value_shows_nothing_of_it() {
    let canary = Canary::new("identity");
    let text = canary.as_str();
    // What a faulty store says of a secret may be the secret.
    let identity = Identity::new(text).with_name(text).with_version_id(text).with_stages([text.to_owned()]);
    assert_eq!(identity.version_id(), Some(text));
    let answer = Answer::found(text).identified_by(identity.clone());
    let key = Key::new(text).with_version(Version::Id(text.to_owned()));
    let fetched: Fetched =
        [answer.clone(), SourceError::new(ErrorKind::Throttled).with_code(text).into()].into_iter().collect();
    assert_unseen(&[&canary], "Identity", &printed(&identity));
    assert_unseen(&[&canary], "Answer", &printed(&answer));
    assert_unseen(&[&canary], "Key", &printed(&key));
    assert_unseen(&[&canary], "Fetched", &printed(&fetched));
}

#[tokio::test(start_paused = true)]
async fn no_step_of_a_values_life_logs_it() {
    let events = Events::capture();
    let full = Full::new(4).await;
    full.read().await.unwrap();
    advance(PAST_TTL).await;
    full.read().await.unwrap();
    full.remote.fail(SourceError::new(ErrorKind::Throttled).with_code("SlowDown"));
    for _ in 0..3 {
        advance(PAST_TTL).await;
        // That a secret is absent is forgotten by now: a load would fail.
        full.secrets.get("token").await.unwrap();
        full.secrets.get_bytes("bytes").await.unwrap();
        turns().await;
    }
    let refused = full.secrets.request("token").refresh().await.unwrap_err();
    advance(PAST_MAX_STALE).await;
    let failed = full.secrets.get("token").await.unwrap_err();
    full.assert_unseen_in_stats();
    full.remote.mend();
    advance(PAST_TTL).await;
    full.read().await.unwrap();
    full.secrets.clear_cached("token");
    full.read().await.unwrap();
    for other in ["1", "2", "3", "4", "5"] {
        full.remote.put(other, full.canaries[1].as_str());
        full.secrets.get(other).await.unwrap();
        advance(Duration::from_millis(1)).await;
    }
    full.secrets.clear_cache();
    full.read().await.unwrap();
    full.remote.answer("token", SourceError::new(ErrorKind::AccessDenied));
    advance(PAST_TTL).await;
    let _ = full.read().await;
    let denied = full.secrets.get("token").await.unwrap_err();
    // A value pasted in the place of a name.
    let pasted = full.secrets.get(full.canaries[2].as_str()).await.unwrap_err();
    full.secrets.clear_cached(full.canaries[2].as_str());

    full.assert_unseen("the log", &events.all());
    for error in [refused, failed, denied, pasted] {
        full.assert_unseen("an error", &said(&error));
    }
    // What it was that logged nothing of it.
    let own = events.own().join("\n");
    for step in ["DEBUG fetched", "DEBUG fetch failed", "DEBUG not found", "WARN refresh failed"] {
        assert!(own.contains(step), "{step} is missing in:\n{own}");
    }
}

#[tokio::test]
async fn a_refresh_through_the_sdk_logs_no_value_whatever_was_answered() {
    for fault in [
        Fault::Throttled,
        Fault::ServerError,
        Fault::BrokenJson,
        Fault::TruncatedBody,
        Fault::WrongTypes,
        Fault::EmptyObject,
        Fault::Reset,
        Fault::NotAws,
        Fault::ExpiredToken,
        Fault::Denied,
        Fault::NotFound,
        Fault::PendingDeletion,
    ] {
        let (old, new) = (Canary::new("old"), Canary::new("new"));
        let stub = Stub::start().await;
        stub.put("token", old.as_str());
        let source = Watched::new(once(&stub.url()));
        let secrets = production().sources([source.clone()]).clock(Clock::Tokio).build().unwrap();
        let events = Events::capture();
        assert_eq!(secrets.get("token").await.unwrap().expose_secret(), old.as_str());
        stub.put("token", new.as_str());
        stub.fault(fault);
        pass(PAST_TTL).await;
        assert_eq!(secrets.get("token").await.unwrap().expose_secret(), old.as_str());
        source.ended(2).await;
        let after = secrets.get("token").await;
        let refreshed = secrets.request("token").refresh().await.unwrap_err();
        let what = format!("what came of {fault:?}");
        assert_unseen(&[&old, &new], &what, &printed(&after));
        assert_unseen(&[&old, &new], &what, &said(&refreshed));
        assert_unseen(&[&old, &new], &what, &events.all());
        assert!(events.all().contains("TRACE"), "the SDK's own log is there");
    }
}

/// What is searched holds something to find.
#[tokio::test(start_paused = true)]
async fn the_cache_holds_what_is_searched_for() {
    let full = Full::new(1024).await;
    let events = Events::capture();
    let value = full.secrets.get("token").await.unwrap();
    assert_eq!(full.remote.requests(), 3);
    tracing::trace!(value = value.expose_secret());
    assert!(full.canaries[0].seen_in(&events.all()).is_some());
}
