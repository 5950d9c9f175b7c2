//! A migration that ends at each of its calls, and is begun again.

use harness::interruption::{Edge, Meter, metered};
use secrets_runtime::admin::Admin;
use secrets_runtime::migration::{Migration, MigrationReport};

use super::{AppConfig, Corner, FILE, env_file};
use crate::support::aws::retrying;

/// The whole of it: as much as the meter lets through.
async fn run(corner: &Corner, meter: &Meter) -> Option<MigrationReport> {
    let url = metered(&corner.url, meter);
    let admin = Admin::from_secrets_manager(retrying(&url));
    let migration: Migration = corner.migration::<AppConfig>().tag("team", "shop");
    let migrated = async {
        let plan = migration.plan(&admin, &env_file(FILE)).await.unwrap();
        plan.apply(&admin).await.unwrap()
    };
    meter.run(migrated).await
}

#[tokio::test]
async fn it_comes_to_the_same_end_wherever_it_ended_before() {
    let test = "it_comes_to_the_same_end_wherever_it_ended_before";
    let Some(moto) = harness::emulator::moto(test) else { return };
    let whole = Corner::new(moto, &format!("{test}-whole"));
    whole.admin.create("jwt").without_value().await.unwrap();
    run(&whole, &Meter::endless()).await.unwrap();
    let expected = whole.state().await;
    assert_eq!(expected.len(), 3);
    for edge in [Edge::Before, Edge::After] {
        let mut calls = 0;
        loop {
            let scene = format!("{edge:?} call {calls}");
            let corner = Corner::new(moto, &format!("{test}-{edge:?}-{calls}"));
            // Of what templates have made, too.
            corner.admin.create("jwt").without_value().await.unwrap();
            if run(&corner, &Meter::ending_at(calls, edge)).await.is_some() {
                break;
            }
            // Twice in the same place.
            let second = Meter::ending_at(calls, edge);
            run(&corner, &second).await;
            let migrated = run(&corner, &Meter::endless()).await.expect("an end");
            assert_eq!(corner.state().await, expected, "{scene}: {migrated}");
            let tags = corner.admin.describe("smtp").await.unwrap();
            assert_eq!(tags.tags().collect::<Vec<_>>(), [("team", "shop")], "{scene}");
            let again = run(&corner, &Meter::endless()).await.expect("an end");
            assert_eq!(again.to_string(), "0 created, 0 written, 3 unchanged", "{scene}");
            assert_eq!(corner.state().await, expected, "{scene}: a second run changes nothing");
            calls += 1;
        }
        assert!(calls >= 6, "only {calls} calls were found to end at");
    }
}
