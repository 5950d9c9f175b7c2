//! How many requests a load is, and which.

use harness::stub::{Fault, LogEntry, Operation, Requests, Stub};
use secrets_runtime::{Env, Secret, SecretConfig, SecretsManager};

use super::configs::{FortyFive, One, Twenty, TwentyOne, Two, stub_with};
use crate::support::aws::{load, of, sdk_config};
use crate::support::production;
use crate::support::sources::chain;

fn gets(get: usize) -> Requests {
    Requests { get, ..Requests::default() }
}

fn batches<const N: usize>(ids: [usize; N]) -> Requests {
    Requests { batch: N, batch_ids: ids.into(), ..Requests::default() }
}

#[tokio::test]
async fn ten_fields_of_one_json_secret_are_one_get() {
    #[derive(Debug, SecretConfig)]
    #[secret(prefix = "app/{environment}", name = "db")]
    struct Config {
        a: u8,
        b: u8,
        c: u8,
        d: u8,
        e: u8,
        f: u8,
        g: u8,
        h: u8,
        i: u8,
        #[secret(key = "deep.j")]
        j: u8,
    }
    let stub = Stub::start().await;
    let keys = r#""a":1,"b":2,"c":3,"d":4,"e":5,"f":6,"g":7,"h":8,"i":"9""#;
    stub.put("app/production/db", &format!("{{{keys},\"deep\":{{\"j\":10}}}}"));
    let config: Config = load(&stub).await.unwrap();
    let Config { a, b, c, d, e, f, g, h, i, j } = config;
    assert_eq!([a, b, c, d, e, f, g, h, i, j], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    assert_eq!(stub.requests(), gets(1));
}

#[tokio::test]
async fn one_secret_is_one_get() {
    let stub = stub_with(&One::names("")).await;
    assert_eq!(load::<One>(&stub).await.unwrap().a.expose_secret(), "a");
    assert_eq!(stub.requests(), gets(1));
}

#[tokio::test]
async fn two_secrets_are_one_batch() {
    let stub = stub_with(&Two::names("")).await;
    let config: Two = load(&stub).await.unwrap();
    assert_eq!((config.a.expose_secret().as_str(), config.b.expose_secret().as_str()), ("a", "b"));
    assert_eq!(stub.requests(), batches([2]));
}

#[tokio::test]
async fn twenty_secrets_are_one_batch() {
    let stub = stub_with(&Twenty::names("")).await;
    assert_eq!(load::<Twenty>(&stub).await.unwrap().t.expose_secret(), "t");
    assert_eq!(stub.requests(), batches([20]));
}

#[tokio::test]
async fn the_one_above_twenty_is_a_get() {
    let stub = stub_with(&TwentyOne::names("")).await;
    let config: TwentyOne = load(&stub).await.unwrap();
    assert_eq!((config.a.expose_secret().as_str(), config.u.expose_secret().as_str()), ("a", "u"));
    assert_eq!(stub.requests(), Requests { get: 1, ..batches([20]) });
}

#[tokio::test]
async fn forty_five_secrets_are_three_batches() {
    let stub = stub_with(&FortyFive::names()).await;
    let config: FortyFive = load(&stub).await.unwrap();
    assert_eq!(config.first.a.expose_secret(), "first/a");
    assert_eq!(config.second.t.expose_secret(), "second/t");
    assert_eq!(config.third.e.expose_secret(), "third/e");
    let mut requests = stub.requests();
    // Side by side: they arrive in any order.
    requests.batch_ids.sort_unstable();
    assert_eq!(requests, batches([5, 20, 20]));
}

#[tokio::test]
async fn batches_of_one_load_are_side_by_side() {
    let stub = stub_with(&FortyFive::names()).await;
    // None of them is ever answered, so the third arrives only if it waits for no other.
    stub.fault(Fault::Hang);
    let secrets = of(&stub);
    tokio::select! {
        result = FortyFive::load_from(&secrets) => panic!("{result:?}"),
        () = stub.arrived(3) => {}
    }
    assert_eq!(stub.max_in_flight(), 3);
}

#[tokio::test]
async fn a_version_other_than_the_current_one_takes_a_separate_get() {
    #[derive(Debug, SecretConfig)]
    #[secret(prefix = "app")]
    struct Config {
        key: Secret<String>,
        other: Secret<String>,
        #[secret(name = "key", env = "OLD", stage = "AWSPREVIOUS")]
        old: Secret<String>,
        #[secret(name = "key", env = "FIRST", version_id = "00000000-0000-4000-8000-00000000f157")]
        first: Secret<String>,
        #[secret(name = "third", stage = "AWSCURRENT")]
        third: Secret<String>,
    }
    let stub = Stub::start().await;
    stub.put("app/other", "o");
    stub.put("app/third", "t");
    stub.put_version("app/key", "AWSCURRENT", "00000000-0000-4000-8000-00000000f157", "1");
    stub.put("app/key", "2");
    stub.put("app/key", "3");
    let config: Config = load(&stub).await.unwrap();
    let values = [config.key, config.other, config.old, config.first, config.third];
    assert_eq!(values.each_ref().map(|value| value.expose_secret().as_str()), ["3", "o", "2", "1", "t"]);
    assert_eq!(stub.requests(), Requests { get: 2, ..batches([3]) });
    let versions: Vec<_> = stub.log().into_iter().map(|entry| (entry.stage, entry.version_id)).collect();
    let first = Some("00000000-0000-4000-8000-00000000f157".to_owned());
    for version in [(None, None), (Some("AWSPREVIOUS".to_owned()), None), (None, first)] {
        assert!(versions.contains(&version), "{versions:?}");
    }
}

#[tokio::test]
async fn what_two_fields_share_is_asked_for_once() {
    #[derive(Debug, SecretConfig)]
    struct Config {
        #[secret(id = "shared")]
        whole: Secret<String>,
        #[secret(id = "shared", key = "a")]
        part: Secret<String>,
    }
    let stub = Stub::start().await;
    stub.put("shared", r#"{"a": 1}"#);
    let config: Config = load(&stub).await.unwrap();
    assert_eq!((config.whole.expose_secret().len(), config.part.expose_secret().as_str()), (8, "1"));
    assert_eq!(stub.requests(), gets(1));
}

#[tokio::test]
async fn nothing_is_asked_before_the_first_load_nor_for_what_is_no_secret() {
    #[derive(Debug, SecretConfig)]
    struct Config {
        port: u16,
    }
    let stub = Stub::start().await;
    let aws = SecretsManager::from_sdk_config(&sdk_config(&stub.url()));
    let sources = chain([Box::new(aws), Box::new(Env::from_iter([("PORT", "1")]))]);
    let secrets = production().sources(sources).build().unwrap();
    assert_eq!(Config::load_from(&secrets).await.unwrap().port, 1);
    assert_eq!(stub.requests(), Requests::default());
}

#[tokio::test]
async fn an_arn_of_another_region_is_asked_for_in_that_region() {
    #[derive(Debug, SecretConfig)]
    struct Config {
        #[secret(id = "arn:aws:secretsmanager:us-east-1:123456789012:secret:app/one")]
        one: Secret<String>,
        #[secret(id = "arn:aws:secretsmanager:us-east-1:123456789012:secret:app/two")]
        two: Secret<String>,
        #[secret(id = "arn:aws:secretsmanager:ap-south-1:123456789012:secret:app/far")]
        far: Option<Secret<String>>,
        #[secret(id = "app/three")]
        three: Secret<String>,
        #[secret(id = "app/four")]
        four: Secret<String>,
    }
    let stub = Stub::start().await;
    for name in ["app/one", "app/two", "app/three", "app/four"] {
        stub.put(name, name);
    }
    let aws = SecretsManager::builder().sdk_config(&sdk_config(&stub.url())).region("eu-west-1").build();
    let config = Config::load_from(&production().sources([aws]).build().unwrap()).await.unwrap();
    let values = [config.one, config.two, config.three, config.four];
    assert_eq!(
        values.each_ref().map(|v| v.expose_secret().as_str()),
        ["app/one", "app/two", "app/three", "app/four"]
    );
    assert!(config.far.is_none());
    let of_region = |region: &str| -> Vec<LogEntry> {
        stub.log().into_iter().filter(|entry| entry.region.as_deref() == Some(region)).collect()
    };
    let near = of_region("us-east-1");
    assert_eq!((near.len(), near[0].operation.clone(), near[0].ids.len()), (1, Operation::Batch, 2));
    let far = of_region("ap-south-1");
    assert_eq!((far.len(), far[0].operation.clone()), (1, Operation::Get));
    assert_eq!(far[0].ids, ["arn:aws:secretsmanager:ap-south-1:123456789012:secret:app/far"]);
    let own = of_region("eu-west-1");
    assert_eq!((own.len(), own[0].operation.clone(), own[0].ids.len()), (1, Operation::Batch, 2));
}

#[tokio::test]
async fn a_whole_arn_and_one_without_its_suffix_name_the_same_secret() {
    let stub = Stub::start().await;
    stub.put("app/key", "k");
    let whole = stub.arn("app/key");
    let (partial, _) = whole.rsplit_once('-').unwrap();
    let secrets = of(&stub);
    for id in ["app/key", &whole, partial] {
        // Asked for as it is written: what the cache makes of the three is the cache's to test.
        assert_eq!(secrets.request(id).bypass_cache().await.unwrap().expose_secret(), "k", "{id}");
    }
    assert_eq!(stub.requests(), gets(3));
}

#[tokio::test]
async fn binary_comes_over_the_wire_as_it_is() {
    #[derive(Debug, SecretConfig)]
    struct Config {
        blob: Secret<Vec<u8>>,
        text: Secret<String>,
    }
    let stub = Stub::start().await;
    stub.put_binary("blob", &[0xff, 0x00, b'\n']);
    stub.put_binary("text", "é".as_bytes());
    let config: Config = load(&stub).await.unwrap();
    assert_eq!(config.blob.expose_secret(), &[0xff, 0x00, b'\n']);
    assert_eq!(config.text.expose_secret(), "é");
    stub.reset_requests();
    assert_eq!(of(&stub).get_bytes("blob").await.unwrap().expose_secret(), &[0xff, 0x00, b'\n']);
    assert_eq!(stub.requests(), gets(1));
}
